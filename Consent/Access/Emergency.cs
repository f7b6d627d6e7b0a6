namespace MedLedger.Consent.Access;

/// <summary>
/// A declared emergency (v3-ActReason BTG): one declarer, one patient, some minutes. It is in the signed log before
/// anything opens by it; the patient is told, and compliance reviews it.
/// </summary>
/// <param name="Declarer">Reference of who declared it; nobody else reads by it.</param>
/// <param name="Role">The emergency role in which it was declared: a reference that the declarer acts as.</param>
/// <param name="Reason">Why, in words, for the patient and the review.</param>
/// <param name="From">When it begins.</param>
/// <param name="Until">When it ends; nothing opens by it from this moment on.</param>
public sealed record Emergency(string Declarer, string Role, string Reason, DateTimeOffset From, DateTimeOffset Until)
{
    /// <summary>Longest reason, in characters.</summary>
    public const int LongestReason = 1000;

    /// <summary>Whether it opens anything for this request: the same caller, still in an emergency role, in time.</summary>
    internal bool HoldsFor(AccessRequest request, GateSettings settings, DateTimeOffset now) =>
        From <= now
        && now < Until
        && !string.IsNullOrWhiteSpace(Reason)
        && request.Actors[0] == Declarer
        && request.Actors.Contains(Role, StringComparer.Ordinal)
        && settings.EmergencyRoles.Contains(Role, StringComparer.Ordinal);
}

/// <summary>What compliance found of an emergency.</summary>
/// <param name="Reviewer">Reference of who signed it off.</param>
/// <param name="IsJustified">Whether there was an emergency.</param>
/// <param name="Note">In words, for the patient.</param>
/// <param name="Time">When.</param>
public sealed record EmergencyReview(string Reviewer, bool IsJustified, string Note, DateTimeOffset Time);
