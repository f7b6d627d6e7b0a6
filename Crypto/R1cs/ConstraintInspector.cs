using System.Security.Cryptography;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.R1cs;

/// <summary>
/// Looks for what makes circuits unsound: a signal in no constraint, a signal that the inputs do not determine, a witness that
/// stays valid when one signal changes. Finding nothing is no proof of soundness: determination is by propagation through
/// constraints that are linear in one unknown signal, and the change of signals is tried on one witness.
/// </summary>
public static class ConstraintInspector
{
    /// <summary>Signals, the constant aside, that no constraint mentions: a prover may set them to anything.</summary>
    public static IReadOnlyList<int> UnusedSignals(ConstraintSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        var used = new bool[system.SignalCount];
        for (var constraint = 0; constraint < system.ConstraintCount; constraint++)
        {
            for (var side = 0; side < 3; side++)
            {
                foreach (var signal in system.Signals(constraint, side))
                    used[signal] = true;
            }
        }
        return [.. Enumerable.Range(1, system.SignalCount - 1).Where(signal => !used[signal])];
    }

    /// <summary>
    /// Outputs that could not be shown to follow from the inputs. A signal is determined when some constraint has it as its
    /// only unknown, on the side c alone or multiplied by something known; boolean signals that a sum of distinct powers of two
    /// binds (bit decompositions) count as determined together.
    /// </summary>
    public static IReadOnlyList<int> UndeterminedOutputs(ConstraintSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        var known = SignalPropagation.Run(system);
        return [.. Enumerable.Range(1, system.OutputCount).Where(signal => !known[signal])];
    }

    /// <summary>Signals, inputs and the constant aside, that can be changed in this witness without breaking a constraint.</summary>
    /// <exception cref="ArgumentException">The witness has another number of signals or is not valid.</exception>
    public static IReadOnlyList<int> FreeSignals(ConstraintSystem system, Witness witness)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(witness);
        if (system.FirstViolation(witness) is not null)
            throw new ArgumentException("The witness does not satisfy the constraints.", nameof(witness));
        var values = new Fr[witness.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = witness[i];
        var constraintsOf = ConstraintsBySignal(system);
        var free = new List<int>();
        for (var signal = 1; signal < values.Length; signal++)
        {
            var original = values[signal];
            values[signal] += RandomElement();
            if (!constraintsOf[signal].Exists(constraint => !system.IsSatisfied(constraint, values)))
                free.Add(signal);
            values[signal] = original;
        }
        Array.Clear(values);
        return free;
    }

    private static List<int>[] ConstraintsBySignal(ConstraintSystem system)
    {
        var result = new List<int>[system.SignalCount];
        for (var i = 0; i < result.Length; i++)
            result[i] = [];
        for (var constraint = 0; constraint < system.ConstraintCount; constraint++)
        {
            foreach (var signal in system.SignalsOf(constraint))
                result[signal].Add(constraint);
        }
        return result;
    }

    private static Fr RandomElement()
    {
        Span<byte> bytes = stackalloc byte[48];
        RandomNumberGenerator.Fill(bytes);
        var value = Fr.ReduceModR(bytes);
        return value.IsZero ? Fr.One : value;
    }
}
