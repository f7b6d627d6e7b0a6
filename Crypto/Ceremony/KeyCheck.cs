using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Groth16;
using MedLedger.Crypto.R1cs;

namespace MedLedger.Crypto.Ceremony;

/// <summary>
/// The sections of a key against the constraints, by random coefficients rho_s for the signals: sum rho_s u_s(X) is the
/// polynomial whose value at the i-th root of unity is the same combination of row i of the matrix.
/// </summary>
internal sealed class KeyCheck(
    ProvingKey key,
    ConstraintSystem system,
    PowersOfTau powers,
    WorkCrew crew,
    IProgress<double>? progress
) : IDisposable
{
    private readonly NttDomain<ScalarLane<Fr>> _domain = new(key.DomainSize, crew);

    public string? FindFault()
    {
        var random = RandomScalars.Draw(key.SignalCount);
        var publics = key.PublicCount + 1;
        var forPublic = Rows(random, 0, publics);
        var forPrivate = Rows(random, publics, key.SignalCount);
        var a = Add(forPublic[0], forPrivate[0]);
        var b = Add(forPublic[1], forPrivate[1]);
        if (!CoefficientsAre(a, b, random))
            return "The key's matrices are not those of the constraint system.";
        progress?.Report(0.65);

        var (u, v) = (Coefficients(a), Coefficients(b));
        if (!AreEqual(Sum(key.A, random), Sum(powers.TauG1, u)))
            return "Section A of the key does not belong to the constraint system.";
        progress?.Report(0.7);
        if (!AreEqual(Sum(key.B1, random), Sum(powers.TauG1, v)))
            return "Section B1 of the key does not belong to the constraint system.";
        progress?.Report(0.75);
        if (!AreEqual(Sum(key.B2, random), Sum(powers.TauG2, v)))
            return "Section B2 of the key does not belong to the constraint system.";
        progress?.Report(0.85);

        var inputPoints = new AffinePoint<Fq>[publics];
        for (var i = 0; i < publics; i++)
            inputPoints[i] = key.VerifyingKey.InputPoints[i].Point;
        if (!AreEqual(Sum(inputPoints, random.AsSpan(0, publics)), Mixed(forPublic)))
            return "Section IC of the key does not belong to the constraint system.";
        if (!IsOverDelta(Sum(key.C, random.AsSpan(publics)), Mixed(forPrivate)))
            return "Section C of the key does not belong to the constraint system.";
        progress?.Report(0.93);
        return SectionHIsRight() ? null : "Section H of the key does not belong to the powers of tau.";
    }

    public void Dispose() => _domain.Dispose();

    /// <summary>For a, b and c: sum over the signals from .. to - 1 of rho_s times the entry, in each row.</summary>
    private Fr[][] Rows(Limbs[] random, int from, int to)
    {
        Fr[][] rows = [new Fr[key.DomainSize], new Fr[key.DomainSize], new Fr[key.DomainSize]];
        var factors = new Fr[random.Length];
        for (var i = from; i < to; i++)
            factors[i] = Fr.FromCanonicalUnchecked(random[i]);
        for (var constraint = 0; constraint < system.ConstraintCount; constraint++)
        {
            for (var side = 0; side < 3; side++)
                rows[side][constraint] = system.Evaluate(constraint, side, factors);
        }
        // The rows that bind each public signal.
        for (var i = 0; i <= key.PublicCount; i++)
            rows[0][system.ConstraintCount + i] = factors[i];
        return rows;
    }

    private bool CoefficientsAre(Fr[] a, Fr[] b, Limbs[] random)
    {
        Fr[][] expected = [a, b];
        Fr[][] actual = [new Fr[key.DomainSize], new Fr[key.DomainSize]];
        foreach (ref readonly var entry in key.Coefficients)
        {
            if (entry.Matrix > 1 || entry.Constraint >= key.DomainSize || entry.Signal >= key.SignalCount)
                return false;
            if (!Montgomery<FrModulus>.IsReduced(entry.Value))
                return false;
            var product = Montgomery<FrModulus>.Multiply(random[(int)entry.Signal], entry.Value);
            actual[entry.Matrix][entry.Constraint] += Fr.FromMontgomeryUnchecked(product);
        }
        for (var side = 0; side < 2; side++)
        {
            for (var i = 0; i < key.DomainSize; i++)
            {
                if (expected[side][i] != actual[side][i])
                    return false;
            }
        }
        return true;
    }

    /// <summary>(beta u + alpha v + w)(tau) in G1.</summary>
    private CurvePoint<Fq> Mixed(Fr[][] rows) =>
        Sum(powers.BetaTauG1, Coefficients(rows[0]))
        + Sum(powers.AlphaTauG1, Coefficients(rows[1]))
        + Sum(powers.TauG1, Coefficients(rows[2]));

    /// <summary>
    /// For a random r of degree below n - 1: r Z, Z = X^n - 1, has the values -2 r on the odd half of the domain of size 2n, so
    /// that the sum of these times H is (r Z)(tau)/delta. H is only ever used for multiples of Z of degree at most 2n - 2.
    /// </summary>
    private bool SectionHIsRight()
    {
        var size = key.DomainSize;
        var r = RandomScalars.Draw(size);
        r[^1] = default;
        var values = _domain.EvaluateOnCoset(Array.ConvertAll(r, value => Fr.FromCanonicalUnchecked(value)), crew);
        var minusTwo = -Fr.From(2);
        var left = Sum(key.H, Array.ConvertAll(values, value => (value * minusTwo).ToCanonical()));
        var low = Sum(powers.TauG1, r.AsSpan(0, size - 1));
        var high = Sum(powers.TauG1[size..], r.AsSpan(0, size - 1));
        return IsOverDelta(left, high + -low);
    }

    /// <summary>Whether part = whole / delta.</summary>
    private bool IsOverDelta(in CurvePoint<Fq> part, in CurvePoint<Fq> whole)
    {
        var delta = G2Affine.FromUnchecked(key.Header.Delta2);
        return Pairing.IsProductOne(
            [G1Affine.FromUnchecked(part.ToAffine()), -G1Affine.FromUnchecked(whole.ToAffine())],
            [delta, G2Affine.Generator]
        );
    }

    private Limbs[] Coefficients(Fr[] values) =>
        Array.ConvertAll(_domain.Interpolate(values, crew), value => value.ToCanonical());

    private static Fr[] Add(Fr[] left, Fr[] right)
    {
        var sum = new Fr[left.Length];
        for (var i = 0; i < sum.Length; i++)
            sum[i] = left[i] + right[i];
        return sum;
    }

    private CurvePoint<Fq> Sum(ReadOnlySpan<AffinePoint<Fq>> points, ReadOnlySpan<Limbs> scalars) =>
        MultiScalarMultiplication.Sum(points[..scalars.Length], scalars, crew);

    private CurvePoint<Fq2> Sum(ReadOnlySpan<AffinePoint<Fq2>> points, ReadOnlySpan<Limbs> scalars) =>
        MultiScalarMultiplication.Sum(points[..scalars.Length], scalars, crew);

    private static bool AreEqual<TField>(in CurvePoint<TField> left, in CurvePoint<TField> right)
        where TField : struct, IFieldElement<TField> => (left + -right).IsInfinity;
}
