using BenchmarkDotNet.Attributes;
using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Poseidon;

namespace MedLedger.Benchmarks;

/// <summary>The parts of the proving engine: <c>dotnet run -c Release --project tests/Benchmarks -- --filter '*CryptoBenchmarks*'</c>.</summary>
public class CryptoBenchmarks
{
    private const int Size = 1 << 14;

    private readonly Fr _a = Fr.From(5).Inverse();
    private readonly Fr _b = Fr.From(7).Inverse();
    private readonly Fr[] _values = new Fr[Size];
    private readonly NttDomain _domain = new(Size);
    private readonly WorkCrew _scalar = new(1, CancellationToken.None, vectors: false);
    private readonly WorkCrew _vector = new(1, CancellationToken.None, vectors: Fq8.IsSupported);
    private AffinePoint<Fq>[] _points = [];
    private Limbs[] _scalars = [];

    [GlobalSetup]
    public void Setup()
    {
        _points = new AffinePoint<Fq>[Size];
        _scalars = new Limbs[Size];
        var point = CurvePoint<Fq>.From(G1Affine.Generator.Point);
        var scalar = _a;
        for (var i = 0; i < Size; i++)
        {
            _points[i] = point.ToAffine();
            point += G1Affine.Generator.Point;
            scalar *= _b;
            _scalars[i] = scalar.ToCanonical();
            _values[i] = scalar;
        }
    }

    [Benchmark]
    public Fr FieldMultiplication() => _a * _b;

    [Benchmark]
    public Fr FieldInversion() => _a.Inverse();

    [Benchmark]
    public Fr PoseidonOfTwo() => PoseidonHash.Hash(_a, _b);

    [Benchmark]
    public object PairingOfGenerators() => Pairing.Pair(G1Affine.Generator, G2Affine.Generator);

    [Benchmark]
    public object MultiScalarScalarPath() => MultiScalarMultiplication.Sum(_points, _scalars, _scalar);

    [Benchmark]
    public object MultiScalarVectorPath() => MultiScalarMultiplication.Sum(_points, _scalars, _vector);

    [Benchmark]
    public void TransformToCoset() => _domain.ShiftToCoset(_values, _scalar);
}
