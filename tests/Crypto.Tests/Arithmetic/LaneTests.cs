using CsCheck;
using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Tests.Fields;

namespace MedLedger.Crypto.Tests.Arithmetic;

/// <summary>The vector path agrees with the scalar one, bit for bit after reduction.</summary>
public unsafe class LaneTests
{
    [VectorFact]
    public void Eight_lanes_of_fq_agree_with_fq()
    {
        Gen.Select(FieldTests.GenFq.Array[8], FieldTests.GenFq.Array[8])
            .Sample(
                (a, b) =>
                {
                    Compare(a, b, (Fq8 x, Fq8 y, out Fq8 r) => Fq8.Multiply(x, y, out r), (x, y) => x * y);
                    Compare(a, b, (Fq8 x, Fq8 y, out Fq8 r) => Fq8.Subtract(x, y, out r), (x, y) => x - y);
                    Compare(a, b, (Fq8 x, Fq8 y, out Fq8 r) => Fq8.Add(x, y, out r), (x, y) => x + y);
                    Compare(a, b, SumOfProducts, (x, y) => x * y + (x - y) * x);
                    Compare(a, b, DifferenceOfProducts, (x, y) => (x + x + x) * (y + y + y) - (x - y) * (y + y + y));
                    Compare(a, b, Loose, (x, y) => (x - y - y) * (x - y) - x);
                },
                iter: 300
            );
    }

    [VectorFact]
    public void Eight_lanes_of_fq2_agree_with_fq2()
    {
        var genFq2 = Gen.Select(FieldTests.GenFq, FieldTests.GenFq, (c0, c1) => new Fq2(c0, c1));
        Gen.Select(genFq2.Array[8], genFq2.Array[8])
            .Sample(
                (a, b) =>
                {
                    var (left, right) = (Load<Fq2x8, Fq2>(a), Load<Fq2x8, Fq2>(b));
                    Fq2x8.Multiply(left, right, out var product);
                    Fq2x8.Subtract(left, right, out var difference);
                    Fq2x8.Multiply(difference, difference, out var square);
                    Fq2x8.Square(left, out var leftSquare);
                    var (products, squares) = (Store<Fq2x8, Fq2>(product), Store<Fq2x8, Fq2>(square));
                    var leftSquares = Store<Fq2x8, Fq2>(leftSquare);
                    for (var i = 0; i < 8; i++)
                    {
                        Assert.Equal(a[i] * a[i], leftSquares[i]);
                        Assert.Equal(a[i] * b[i], products[i]);
                        Assert.Equal((a[i] - b[i]).Square(), squares[i]);
                    }
                },
                iter: 200
            );
    }

    /// <summary>What transforms need: loading and storing rows of elements, sums across lanes, values that grew for long.</summary>
    [VectorFact]
    public void Eight_lanes_of_fr_agree_with_fr()
    {
        Gen.Select(FieldTests.GenFr.Array[8], FieldTests.GenFr.Array[8])
            .Sample(
                (a, b) =>
                {
                    var (left, right) = (LaneElements.Make<Fr8>(i => a[i]), LaneElements.Make<Fr8>(i => b[i]));
                    var grown = left;
                    for (var i = 0; i < 50; i++)
                        Fr8.Add(grown, right, out grown);
                    Fr8.Multiply(grown, right, out var product);
                    Fr8.Reduce(ref grown);
                    var (sums, products) = (Canonical(grown), Canonical(product));
                    for (var i = 0; i < 8; i++)
                    {
                        Assert.Equal(a[i] + Fr.From(50) * b[i], sums[i]);
                        Assert.Equal((a[i] + Fr.From(50) * b[i]) * b[i], products[i]);
                    }
                    foreach (var half in new[] { 1, 2, 4 })
                    {
                        Fr8.Fold(left, half, out var folded);
                        var values = Canonical(folded);
                        for (var i = 0; i < 8; i++)
                            Assert.Equal((i & half) == 0 ? a[i] + a[i + half] : a[i - half] - a[i], values[i]);
                    }
                },
                iter: 300
            );
    }

    private static Fr[] Canonical(in Fr8 lanes)
    {
        var limbs = stackalloc Limbs[8];
        Fr8.StoreCanonical(lanes, (ulong*)limbs);
        var values = new Fr[8];
        for (var i = 0; i < 8; i++)
            Assert.True(Fr.TryFromCanonical(limbs[i], out values[i]));
        return values;
    }

    [VectorFact]
    public void Inverses_agree_and_zeros_are_found()
    {
        var values = Enumerable.Range(1, 8).Select(i => Fq.From((ulong)i) - Fq.From(5)).ToArray();
        var lanes = Load<Fq8, Fq>(values);
        Assert.True(Fq8.HasZero(lanes));
        values[4] = -Fq.One;
        lanes = Load<Fq8, Fq>(values);
        Assert.False(Fq8.HasZero(lanes));
        Fq8.Invert(lanes, out var inverse);
        Assert.Equal(values.Select(value => value.Inverse()), Store<Fq8, Fq>(inverse));
    }

    [VectorFact]
    public void Signs_negate_their_lanes_alone()
    {
        var values = Enumerable.Range(0, 8).Select(i => Fq.From((ulong)i)).ToArray();
        var lanes = Load<Fq8, Fq>(values);
        var slots = stackalloc int[] { 2, 3, 4, 5, 7, 9, 10, 12 };
        Fq8.NegateWhere(ref lanes, slots);
        var result = Store<Fq8, Fq>(lanes);
        for (var i = 0; i < 8; i++)
            Assert.Equal((slots[i] & 1) == 0 ? values[i] : -values[i], result[i]);
    }

    private delegate void Operation(Fq8 a, Fq8 b, out Fq8 result);

    /// <summary>The largest values that the sums of points multiply.</summary>
    private static void Loose(Fq8 x, Fq8 y, out Fq8 result)
    {
        Fq8.Subtract(x, y, out var once);
        Fq8.Subtract(once, y, out var twice);
        Fq8.Multiply(twice, once, out var product);
        Fq8.Subtract(product, x, out result);
        Fq8.Reduce(ref result);
    }

    private static void SumOfProducts(Fq8 x, Fq8 y, out Fq8 result)
    {
        Fq8.Subtract(x, y, out var difference);
        Fq8.MultiplyAdd(x, y, difference, x, out result);
    }

    /// <summary>The largest values that extension fields multiply.</summary>
    private static void DifferenceOfProducts(Fq8 x, Fq8 y, out Fq8 result)
    {
        Fq8.Subtract(x, y, out var difference);
        Fq8.Add(x, x, out var x3);
        Fq8.Add(x3, x, out x3);
        Fq8.Add(y, y, out var y3);
        Fq8.Add(y3, y, out y3);
        Fq8.MultiplySubtract(x3, y3, difference, y3, out result);
    }

    private static void Compare(Fq[] a, Fq[] b, Operation vector, Func<Fq, Fq, Fq> scalar)
    {
        vector(Load<Fq8, Fq>(a), Load<Fq8, Fq>(b), out var result);
        var values = Store<Fq8, Fq>(result);
        for (var i = 0; i < 8; i++)
            Assert.Equal(scalar(a[i], b[i]), values[i]);
    }

    private static TLanes Load<TLanes, TField>(TField[] values)
        where TLanes : unmanaged, ILanes<TLanes, TField>
        where TField : unmanaged, IFieldElement<TField>
    {
        var words = stackalloc ulong[8 * TLanes.WordsPerElement];
        var slots = stackalloc int[8];
        for (var i = 0; i < 8; i++)
        {
            TLanes.Pack(values[i], words + i * TLanes.WordsPerElement);
            slots[i] = i << 1;
        }
        TLanes.Load(words, TLanes.WordsPerElement, slots, out var lanes);
        return lanes;
    }

    private static TField[] Store<TLanes, TField>(TLanes lanes)
        where TLanes : unmanaged, ILanes<TLanes, TField>
        where TField : unmanaged, IFieldElement<TField>
    {
        var words = stackalloc ulong[8 * TLanes.WordsPerElement];
        var slots = stackalloc int[8];
        for (var i = 0; i < 8; i++)
            slots[i] = i << 1;
        TLanes.Store(lanes, words, TLanes.WordsPerElement, slots);
        var values = new TField[8];
        for (var i = 0; i < 8; i++)
            values[i] = TLanes.Unpack(words + i * TLanes.WordsPerElement);
        return values;
    }
}
