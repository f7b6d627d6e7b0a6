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

    bool IsZero { get; }
    TSelf Square();
    TSelf Double();
    TSelf Inverse();
    TSelf InverseVariableTime();
}
