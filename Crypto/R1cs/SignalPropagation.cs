using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.R1cs;

/// <summary>Which signals the inputs determine, as far as one constraint at a time shows it.</summary>
internal static class SignalPropagation
{
    /// <summary>True for each signal that follows from the inputs.</summary>
    public static bool[] Run(ConstraintSystem system)
    {
        var known = new bool[system.SignalCount];
        known[0] = true;
        var firstInput = 1 + system.OutputCount;
        known.AsSpan(firstInput, system.PublicInputCount + system.PrivateInputCount).Fill(value: true);
        var boolean = FindBooleans(system);
        var open = Enumerable.Range(0, system.ConstraintCount).ToList();
        for (var before = -1; before != open.Count; )
        {
            before = open.Count;
            open.RemoveAll(constraint => Visit(system, constraint, known, boolean));
        }
        return known;
    }

    /// <summary>Marks what a constraint determines; true when it has nothing unknown left.</summary>
    private static bool Visit(ConstraintSystem system, int constraint, bool[] known, bool[] boolean)
    {
        var unknown = system.SignalsOf(constraint).Where(signal => !known[signal]).ToList();
        if (unknown.Count == 0)
            return true;
        var (inA, inB) = (
            HasUnknown(system.Signals(constraint, 0), known),
            HasUnknown(system.Signals(constraint, 1), known)
        );
        if (inA && inB)
            return false; // quadratic in what is unknown
        if (unknown.Count == 1 && !inA && !inB)
        {
            known[unknown[0]] = true; // its coefficient on side c is a constant
            return true;
        }
        if (!inA && !inB && IsBitSum(system, constraint, unknown, boolean))
        {
            foreach (var signal in unknown)
                known[signal] = true;
            return true;
        }
        return false;
    }

    private static bool HasUnknown(ReadOnlySpan<int> signals, bool[] known)
    {
        foreach (var signal in signals)
        {
            if (!known[signal])
                return true;
        }
        return false;
    }

    /// <summary>Signals with a constraint b (b - 1) = 0 or b (1 - b) = 0.</summary>
    private static bool[] FindBooleans(ConstraintSystem system)
    {
        var boolean = new bool[system.SignalCount];
        for (var constraint = 0; constraint < system.ConstraintCount; constraint++)
        {
            var signals = system.SignalsOf(constraint).Where(signal => signal != 0).ToArray();
            if (signals.Length != 1)
                continue;
            // With one signal b the constraint is a polynomial of degree 2: boolean when 0 and 1 are roots and 2 is not.
            if (Holds(0) && Holds(1) && !Holds(2))
                boolean[signals[0]] = true;

            bool Holds(ulong value)
            {
                var side = new Fr[3];
                for (var i = 0; i < 3; i++)
                {
                    var terms = system.Signals(constraint, i);
                    for (var k = 0; k < terms.Length; k++)
                        side[i] += system.Coefficients(constraint, i)[k] * (terms[k] == 0 ? Fr.One : Fr.From(value));
                }
                return side[0] * side[1] == side[2];
            }
        }
        return boolean;
    }

    /// <summary>Unknown bits with coefficients c 2^i, i distinct and below 253: the sum has one solution.</summary>
    private static bool IsBitSum(ConstraintSystem system, int constraint, List<int> unknown, bool[] boolean)
    {
        if (unknown.Count > 253 || !unknown.TrueForAll(signal => boolean[signal]))
            return false;
        var coefficients = new List<Fr>();
        var signals = system.Signals(constraint, 2);
        for (var i = 0; i < signals.Length; i++)
        {
            if (unknown.Contains(signals[i]))
                coefficients.Add(system.Coefficients(constraint, 2)[i]);
        }
        // Some coefficient times 1, 2, 4 ... gives all others.
        return coefficients.Exists(first =>
        {
            var rest = new HashSet<Fr>(coefficients);
            var power = first;
            for (var i = 0; i < 253; i++, power = power.Double())
                rest.Remove(power);
            return rest.Count == 0 && coefficients.Count == unknown.Count;
        });
    }
}
