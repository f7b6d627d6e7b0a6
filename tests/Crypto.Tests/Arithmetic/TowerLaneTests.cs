using System.Runtime.CompilerServices;
using CsCheck;
using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Tests.Fields;
using One = MedLedger.Crypto.Arithmetic.ScalarLane<MedLedger.Crypto.Fields.Fq>;

namespace MedLedger.Crypto.Tests.Arithmetic;

/// <summary>Fq12 on one lane and on eight does what its definition says, line by line of the Miller loop.</summary>
public class TowerLaneTests
{
    [Fact]
    public void One_lane_multiplies_by_lines() => LinesAreSparseElements<One>();

    [VectorFact]
    public void Eight_lanes_multiply_by_lines() => LinesAreSparseElements<Fq8>();

    [VectorFact]
    public void Eight_lanes_of_fq12_agree_with_fq12()
    {
        Gen.Select(TowerTests.GenFq12.Array[8], TowerTests.GenFq12.Array[8])
            .Sample(
                (a, b) =>
                {
                    var (left, right) = (Load<Fq8>(a), Load<Fq8>(b));
                    Fq12Lanes<Fq8>.Multiply(left, right, out var product);
                    AssertEqual(a.Zip(b, (x, y) => x * y), product);
                    Fq12Lanes<Fq8>.Square(product, out var square);
                    AssertEqual(a.Zip(b, (x, y) => x * y * (x * y)), square);
                    Fq12Lanes<Fq8>.CyclotomicSquare(left, out left);
                    AssertEqual(a.Select(x => x.CyclotomicSquare()), left);
                },
                iter: 30
            );
    }

    private static void LinesAreSparseElements<TLanes>()
        where TLanes : unmanaged, ITransformLanes<TLanes, Fq> =>
        TowerTests
            .GenFq12.Array[TLanes.Count]
            .Sample(
                a =>
                {
                    var value = Load<TLanes>(a);
                    // Coefficients that are elements: those of the values themselves.
                    var (b0, b1, b2) = (value.C0.C0, value.C1.C1, value.C0.C2);
                    Fq12Lanes<TLanes>.MultiplyByLine(value, b0, b1, b2, out var general);
                    AssertEqual(a.Select(x => x * Line(x.C0.C0, x.C1.C1, x.C0.C2)), general);
                    Fq12Lanes<TLanes>.MultiplyByUnitLine(value, b1, b2, out value);
                    AssertEqual(a.Select(x => x * Line(Fq2.One, x.C1.C1, x.C0.C2)), value);
                },
                iter: 50
            );

    private static Fq12 Line(in Fq2 b0, in Fq2 b1, in Fq2 b2) =>
        new(new(b0, Fq2.Zero, Fq2.Zero), new(b1, b2, Fq2.Zero));

    private static void AssertEqual<TLanes>(IEnumerable<Fq12> expected, Fq12Lanes<TLanes> lanes)
        where TLanes : unmanaged, ITransformLanes<TLanes, Fq>
    {
        Span<Fq> values = stackalloc Fq[TLanes.Count];
        var elements = expected.ToArray();
        for (var i = 0; i < 12; i++)
        {
            LaneElements.Unpack(Coefficient(ref lanes, i), values);
            for (var lane = 0; lane < values.Length; lane++)
                Assert.Equal(Coefficient(ref elements[lane], i), values[lane]);
        }
    }

    private static Fq12Lanes<TLanes> Load<TLanes>(Fq12[] elements)
        where TLanes : unmanaged, ITransformLanes<TLanes, Fq>
    {
        Fq12Lanes<TLanes> lanes = default;
        for (var i = 0; i < 12; i++)
            Coefficient(ref lanes, i) = LaneElements.Pack<TLanes, Fq>([
                .. elements.Select(element => Coefficient(ref element, i)),
            ]);
        return lanes;
    }

    private static ref TLanes Coefficient<TLanes>(ref Fq12Lanes<TLanes> lanes, int index)
        where TLanes : unmanaged, ITransformLanes<TLanes, Fq> =>
        ref Unsafe.Add(ref Unsafe.As<Fq12Lanes<TLanes>, TLanes>(ref lanes), index);

    private static ref Fq Coefficient(ref Fq12 element, int index) =>
        ref Unsafe.Add(ref Unsafe.As<Fq12, Fq>(ref element), index);
}
