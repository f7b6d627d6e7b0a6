namespace MedLedger.Consent.Directives;

/// <summary>
/// What a criterion says of a request: it does not match, it cannot be evaluated, or it matches (Kleene's strong
/// three-valued logic; a rule of ours, chosen fail-closed). The order makes AND a minimum and OR a maximum.
/// </summary>
public enum Truth : byte
{
    /// <summary>The criterion does not match.</summary>
    False = 0,

    /// <summary>A fact is missing or a meaning is not known: never a permit, never the end of a deny.</summary>
    Unknown = 1,

    /// <summary>The criterion matches.</summary>
    True = 2,
}

internal static class TruthTable
{
    public static Truth And(this Truth left, Truth right) => left < right ? left : right;

    public static Truth Or(this Truth left, Truth right) => left > right ? left : right;

    public static Truth Of(bool value) => value ? Truth.True : Truth.False;

    /// <summary>The same answer under two readings stands; different answers are no answer.</summary>
    public static Truth Agreed(Truth left, Truth right) => left == right ? left : Truth.Unknown;
}
