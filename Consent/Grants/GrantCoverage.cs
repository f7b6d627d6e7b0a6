using System.Numerics;
using MedLedger.Consent.Commitments;

namespace MedLedger.Consent.Grants;

/// <summary>The questions that the circuit asks of a grant, asked in C#: what the gate lets through can be proven.</summary>
public static class GrantCoverage
{
    /// <summary>
    /// Whether a record lies inside the grant: its type listed, all its labels listed, its day in the period. A record
    /// without a full date has day 0, which only a grant from day 0 covers.
    /// </summary>
    public static bool Covers(this Grant grant, RecordMeta record)
    {
        ArgumentNullException.ThrowIfNull(grant);
        return !(grant.Types >> record.Type).IsEven
            && (record.Labels & ~grant.Labels) == 0
            && record.Day >= grant.DataFrom
            && record.Day <= grant.DataTo;
    }

    /// <summary>Whether the grant allows this purpose and action, given as bit positions.</summary>
    public static bool Allows(this Grant grant, int purpose, int action)
    {
        ArgumentNullException.ThrowIfNull(grant);
        return ((grant.Purposes >> purpose) & 1) == 1 && ((grant.Actions >> action) & 1) == 1;
    }

    /// <summary>Whether the grant holds at a block time, in Unix seconds: <c>notBefore &lt;= t &lt; notAfter</c>.</summary>
    public static bool HoldsAt(this Grant grant, long unixSeconds)
    {
        ArgumentNullException.ThrowIfNull(grant);
        return grant.NotBefore <= unixSeconds && unixSeconds < grant.NotAfter;
    }
}
