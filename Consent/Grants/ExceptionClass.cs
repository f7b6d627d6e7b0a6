using System.Text;
using MedLedger.Consent.Access;
using MedLedger.Consent.Directives;

namespace MedLedger.Consent.Grants;

/// <summary>
/// One of the eight label bits that belong to the patient: it stands on every record that a rule sets apart by something
/// that masks cannot say (a code, an author, an encounter, a label that must be there), and is forbidden in the grants
/// concerned (PROTOCOL, section 3). Records that cannot be told apart carry it too.
/// </summary>
public sealed class ExceptionClass
{
    private readonly Provision rule;
    private readonly bool outside;

    /// <param name="bit">24 to 31.</param>
    /// <param name="rule">The rule's criteria on records.</param>
    /// <param name="outside">Whether records outside the rule carry the bit (a permit), or those inside (a deny).</param>
    internal ExceptionClass(int bit, Provision rule, bool outside)
    {
        Bit = bit;
        this.rule = rule;
        this.outside = outside;
        Key = KeyOf(rule, outside);
    }

    /// <summary>The label bit, 24 to 31.</summary>
    public int Bit { get; }

    /// <summary>The same for the same criteria, in whichever consent they stand: it keeps its bit when consents change.</summary>
    public string Key { get; }

    /// <summary>Whether a record carries the bit.</summary>
    public bool Carries(ResourceFacts record)
    {
        var facts = new RequestFacts(
            new AccessRequest
            {
                Patient = "",
                Actors = [],
                Resource = record,
            }
        );
        var inside = Truth.True;
        if (rule.Classes is { } classes)
            inside = inside.And(facts.Class(classes));
        if (rule.SecurityLabels is { } labels)
            inside = inside.And(facts.SecurityLabel(labels, outside ? RuleType.Permit : RuleType.Deny));
        if (rule.Codes is { } codes)
            inside = inside.And(facts.Code(codes));
        if (rule.DataPeriod is { } days)
            inside = inside.And(facts.DataPeriod(days));
        if (rule.Data is { } data)
            inside = inside.And(facts.Data(data));
        return outside ? inside != Truth.True : inside != Truth.False;
    }

    /// <summary>The class as it is sealed; <see cref="StoredClass.ToClass"/> is the way back.</summary>
    internal StoredClass ToStored() =>
        new(
            Bit,
            outside,
            rule.Classes,
            rule.SecurityLabels,
            rule.Codes,
            rule.DataPeriod is { } days ? new StoredPeriod(days.StartText, days.EndText, days.IsReadable) : null,
            rule.Data is null ? null : [.. rule.Data.Select(one => new StoredData(one.Meaning, one.Reference.Text))]
        );

    /// <summary>Every text with its length before it, so that no two different rules have one key.</summary>
    internal static string KeyOf(Provision rule, bool outside)
    {
        var text = new StringBuilder(outside ? "outside" : "inside");
        void Put(string? part) => text.Append('|').Append(part?.Length ?? -1).Append(':').Append(part);
        void PutCodings(string name, RuleCoding[]? codings)
        {
            if (codings is null)
                return;
            text.Append('|').Append(name).Append(codings.Length);
            foreach (var coding in codings)
            {
                Put(coding.System);
                Put(coding.Code);
            }
        }

        PutCodings("class", rule.Classes);
        PutCodings("label", rule.SecurityLabels);
        if (rule.Codes is not null)
            text.Append("|codes").Append(rule.Codes.Length);
        foreach (var concept in rule.Codes ?? [])
            PutCodings("code", concept.Codings);
        if (rule.Data is not null)
            text.Append("|data").Append(rule.Data.Length);
        foreach (var entry in rule.Data ?? [])
        {
            text.Append('|').Append(entry.Meaning);
            Put(entry.Reference.Text);
        }
        if (rule.DataPeriod is { } period)
        {
            text.Append("|days").Append(period.IsReadable);
            Put(period.StartText);
            Put(period.EndText);
        }
        return text.ToString();
    }
}
