using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>What number-theoretic transforms and extension fields need of lanes of a prime field besides: neighbours of a vector lie in consecutive lanes.</summary>
internal unsafe interface ITransformLanes<TSelf, TField> : ILanes<TSelf, TField>
    where TSelf : unmanaged, ITransformLanes<TSelf, TField>
    where TField : unmanaged, IFieldElement<TField>
{
    /// <summary>a + b, not reduced.</summary>
    static abstract void Add(in TSelf a, in TSelf b, out TSelf result);

    /// <summary>a * b + c * d; factors may be sums of up to three that are reduced.</summary>
    static abstract void MultiplyAdd(in TSelf a, in TSelf b, in TSelf c, in TSelf d, out TSelf result);

    /// <summary>a * b - c * d; the same.</summary>
    static abstract void MultiplySubtract(in TSelf a, in TSelf b, in TSelf c, in TSelf d, out TSelf result);

    /// <summary>
    /// In every group of 2 <paramref name="half"/> lanes: lower plus upper in the lower half, lower minus upper in the upper
    /// one, not reduced. What is subtracted must be reduced, or be a product.
    /// </summary>
    static abstract void Fold(in TSelf a, int half, out TSelf result);

    /// <summary>The same element in every lane.</summary>
    static abstract void Broadcast(in TField value, out TSelf result);

    /// <summary>Reads consecutive elements as the scalar path holds them, one for each lane.</summary>
    static abstract void LoadMany(ulong* source, out TSelf result);

    /// <summary>Writes the lanes as consecutive numbers below the modulus, not in Montgomery form.</summary>
    static abstract void StoreCanonical(in TSelf value, ulong* destination);
}
