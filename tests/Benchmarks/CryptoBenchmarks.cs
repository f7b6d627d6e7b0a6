using BenchmarkDotNet.Attributes;
using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.BabyJubjub;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Poseidon;

namespace MedLedger.Benchmarks;

/// <summary>
/// The parts of the proving engine. In <c>tests/Benchmarks</c>, on an idle machine, for wall time is measured:
/// <c>dotnet run -c Release -- --filter '*CryptoBenchmarks*' --inProcess --job medium</c>.
/// </summary>
public class CryptoBenchmarks : IDisposable
{
    private const int Size = 1 << 14;

    private readonly Fr _a = Fr.From(5).Inverse();
    private readonly Fr _b = Fr.From(7).Inverse();
    private readonly WorkCrew _scalar = new(1, CancellationToken.None, vectors: false);
    private readonly WorkCrew _vector = new(1, CancellationToken.None, vectors: WorkCrew.VectorsAreSupported);
    private readonly Fr[] _values = new Fr[Size];
    private readonly AffinePoint<Fq2> _twist = G2Affine.Generator.Point;
    private readonly EdDsaPrivateKey _signer = EdDsaPrivateKey.Generate();
    private readonly EdDsaSignature _signature;
    private readonly CurvePoint<Fq> _sum = CurvePoint<Fq>.From(G1Affine.Generator.Point).Double();
    private readonly CurvePoint<Fq> _other;
    private readonly AffinePoint<Fq> _point;
    private readonly Limbs _exponent;
    private CurvePoint<Fq> _result;
    private AffinePoint<Fq>[] _points = [];
    private Limbs[] _scalars = [];

    public CryptoBenchmarks()
    {
        _signature = _signer.Sign(_a);
        _other = _sum.Double();
        _point = _other.ToAffine();
        _exponent = _a.ToCanonical();
        _result = _sum;
    }

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
    public void G1Doubling() => _result = _sum.Double();

    [Benchmark]
    public void G1Addition() => _result = _sum + _other;

    [Benchmark]
    public void G1Multiple() => _result = CurvePoint<Fq>.Multiply(_point, _exponent);

    [Benchmark]
    public bool G2SubgroupCheck() => G2Affine.TryCreate(_twist.X, _twist.Y, out _);

    [Benchmark]
    public EdDsaSignature EdDsaSign() => _signer.Sign(_a);

    [Benchmark]
    public bool EdDsaVerify() => _signer.PublicKey.Verify(_a, _signature);

    [Benchmark]
    public Fr PoseidonOfTwo() => PoseidonHash.Hash(_a, _b);

    [Benchmark]
    public object PairingOfGenerators() => Pairing.Pair(G1Affine.Generator, G2Affine.Generator);

    [Benchmark]
    public object MultiScalarScalarPath() => MultiScalarMultiplication.Sum(_points, _scalars, _scalar);

    [Benchmark]
    public object MultiScalarVectorPath() => MultiScalarMultiplication.Sum(_points, _scalars, _vector);

    [Benchmark]
    public void TransformScalarPath() => Transform<ScalarLane<Fr>>(_scalar);

    [Benchmark]
    public void TransformVectorPath() => Transform<Fr8>(_vector);

    /// <summary>To the coset, tables included.</summary>
    private void Transform<TLanes>(WorkCrew crew)
        where TLanes : unmanaged, ITransformLanes<TLanes, Fr>
    {
        using var domain = new NttDomain<TLanes>(Size, crew);
        using var buffer = new LaneBuffer<TLanes>(Size / TLanes.Count);
        for (var i = 0; i < Size; i++)
            LaneElements.Set(buffer, i, _values[i]);
        LaneElements.Pack(buffer, 0, buffer.Length);
        domain.ShiftToCoset([buffer], crew);
    }

    public void Dispose()
    {
        _signer.Dispose();
        GC.SuppressFinalize(this);
    }
}
