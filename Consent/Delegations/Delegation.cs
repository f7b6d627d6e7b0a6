namespace MedLedger.Consent.Delegations;

/// <summary>On what ground somebody acts for a patient.</summary>
public enum Power
{
    /// <summary>A parent with custody; ends when the patient comes of age.</summary>
    Parent,

    /// <summary>A guardian whom a court appointed, for a patient of any age.</summary>
    Guardian,

    /// <summary>An attorney whom the adult patient appointed for health care.</summary>
    Attorney,
}

/// <summary>What somebody does for a patient.</summary>
public enum DelegatedAct
{
    /// <summary>Gives or widens a consent.</summary>
    Consent,

    /// <summary>Ends a consent or narrows it.</summary>
    Revoke,

    /// <summary>Reads the patient's records.</summary>
    Read,
}

/// <summary>Why a delegate may not.</summary>
public enum DelegationRefusal
{
    /// <summary>The delegation is for another patient or another person.</summary>
    NotTheirs,

    /// <summary>It has not begun, has ended, or was withdrawn.</summary>
    NotInForce,

    /// <summary>The patient is of age, so a parent no longer decides.</summary>
    PatientIsOfAge,

    /// <summary>The patient is not of age, so cannot have appointed an attorney.</summary>
    PatientIsMinor,

    /// <summary>The stated power does not reach to this.</summary>
    BeyondPower,

    /// <summary>The patient's date of birth is not known to the day, so majority cannot be told.</summary>
    AgeUnknown,
}

/// <summary>The rules of the place where the system runs.</summary>
/// <param name="AgeOfMajority">Years; a person is of age from the birthday on.</param>
/// <param name="Offset">The place's offset from UTC, in which the birthday begins.</param>
public sealed record Jurisdiction(int AgeOfMajority, TimeSpan Offset)
{
    /// <summary>
    /// The first moment at which a person is of age, the beginning of the birthday. Born on 29 February: 1 March in other
    /// years.
    /// </summary>
    public DateTimeOffset MajorityOf(DateOnly birth)
    {
        var year = birth.Year + AgeOfMajority;
        var day =
            birth is { Month: 2, Day: 29 } && !DateTime.IsLeapYear(year)
                ? new DateOnly(year, 3, 1)
                : new DateOnly(year, birth.Month, birth.Day);
        return new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), Offset).ToUniversalTime();
    }
}

/// <summary>
/// Somebody acts for a patient: who, on what ground, for which acts, since when. Recorded with its evidence; a
/// <c>RelatedPerson</c> resource alone gives no power.
/// </summary>
public sealed record Delegation
{
    /// <summary><c>RelatedPerson/id</c>.</summary>
    public required string Delegate { get; init; }

    /// <summary><c>Patient/id</c>.</summary>
    public required string Patient { get; init; }

    /// <summary>The ground.</summary>
    public required Power Power { get; init; }

    /// <summary>The acts it reaches to.</summary>
    public required IReadOnlyList<DelegatedAct> Acts { get; init; }

    /// <summary>When it begins.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>When it ends; null when no end is stated.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The document that shows it (a court order, a power of attorney, a birth certificate).</summary>
    public required string Evidence { get; init; }

    /// <summary>
    /// Whether the delegate may do this for the patient now; null when allowed, else why not. Ending a consent is allowed
    /// to a guardian and a parent in force whatever the stated acts: it can only protect.
    /// </summary>
    /// <param name="who">The caller, <c>RelatedPerson/id</c>.</param>
    /// <param name="patient"><c>Patient/id</c>.</param>
    /// <param name="birth">The patient's date of birth; null when it is not known to the day.</param>
    /// <param name="act">What is asked.</param>
    /// <param name="jurisdiction">The rules of the place.</param>
    /// <param name="now">The time.</param>
    public DelegationRefusal? Refuses(
        string who,
        string patient,
        DateOnly? birth,
        DelegatedAct act,
        Jurisdiction jurisdiction,
        DateTimeOffset now
    )
    {
        ArgumentNullException.ThrowIfNull(jurisdiction);
        if (who != Delegate || patient != Patient)
            return DelegationRefusal.NotTheirs;
        if (now < From || now >= (Until ?? DateTimeOffset.MaxValue))
            return DelegationRefusal.NotInForce;
        if (Power != Power.Guardian)
        {
            if (birth is not { } day)
                return DelegationRefusal.AgeUnknown;
            var isOfAge = now >= jurisdiction.MajorityOf(day);
            if (Power == Power.Parent && isOfAge)
                return DelegationRefusal.PatientIsOfAge;
            if (Power == Power.Attorney && !isOfAge)
                return DelegationRefusal.PatientIsMinor;
        }
        if (act == DelegatedAct.Revoke && Power != Power.Attorney)
            return null;
        return Acts.Contains(act) ? null : DelegationRefusal.BeyondPower;
    }

    /// <summary>
    /// When consents given under this delegation end at the latest: with it, and a parent's when the child comes of age.
    /// </summary>
    public DateTimeOffset EndOfConsents(DateOnly? birth, Jurisdiction jurisdiction, DateTimeOffset latest)
    {
        ArgumentNullException.ThrowIfNull(jurisdiction);
        var end = Until is { } until && until < latest ? until : latest;
        if (Power != Power.Parent)
            return end;
        var majority = birth is { } day ? jurisdiction.MajorityOf(day) : From;
        return majority < end ? majority : end;
    }
}
