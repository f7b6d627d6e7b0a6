namespace MedLedger.Crypto.Fields;

/// <summary>What the curve formulas need of a field, so that G1 over Fq and G2 over Fq2 share them.</summary>
internal interface IFieldElement<TSelf>
    where TSelf : struct, IFieldElement<TSelf>
{
    static abstract TSelf One { get; }

    static abstract TSelf operator +(in TSelf left, in TSelf right);

    static abstract TSelf operator -(in TSelf left, in TSelf right);

    static abstract TSelf operator -(in TSelf value);

    static abstract TSelf operator *(in TSelf left, in TSelf right);

    static abstract bool operator ==(in TSelf left, in TSelf right);

    static abstract bool operator !=(in TSelf left, in TSelf right);

    /// <summary>a * b into a place that may be an operand's.</summary>
    static abstract void Multiply(in TSelf a, in TSelf b, out TSelf result);

    /// <summary>a + b into a place that may be an operand's.</summary>
    static abstract void Add(in TSelf a, in TSelf b, out TSelf result);

    /// <summary>a * b + c * d into a place that may be an operand's.</summary>
    static abstract void MultiplyAdd(in TSelf a, in TSelf b, in TSelf c, in TSelf d, out TSelf result);

    /// <summary>a - b into a place that may be an operand's.</summary>
    static abstract void Subtract(in TSelf a, in TSelf b, out TSelf result);

    /// <summary>a^2 into a place that may be the operand's.</summary>
    static abstract void Square(in TSelf a, out TSelf result);

    bool IsZero { get; }
    TSelf Square();
    TSelf Double();
    TSelf Inverse();
    TSelf InverseVariableTime();
}
