using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.BabyJubjub;

/// <summary>The constants of l, the order of Baby Jubjub's prime subgroup (EIP-2494).</summary>
internal readonly struct SubgroupOrder : IModulus
{
    public static ulong P0 => 0x677297dc392126f1;
    public static ulong P1 => 0xab3eedb83920ee0a;
    public static ulong P2 => 0x370a08b6d0302b0b;
    public static ulong P3 => 0x060c89ce5c263405;
    public static ulong NegativeInverse => 0x532ce5aebc48f5ef;
    public static Limbs RadixSquared =>
        new(0x35e44abee7ecb21e, 0x74646cacf5f84ec4, 0xe472df203faa158f, 0x0445b524f1ba50a8);
    public static Limbs RadixOne => new(0x073315dea08f9c76, 0xe7acffc6a098f24b, 0xf85a9201d818f015, 0x01f16424e1bb7724);

    /// <summary>l itself.</summary>
    public static Limbs Value => new(P0, P1, P2, P3);

    /// <summary>A number of 512 bits modulo l, in Montgomery form: low + high * 2^256.</summary>
    public static Limbs ReduceWide(in Limbs low, in Limbs high) =>
        Montgomery<SubgroupOrder>.Add(
            Montgomery<SubgroupOrder>.ToMontgomery(low),
            Montgomery<SubgroupOrder>.ToMontgomery(Montgomery<SubgroupOrder>.ToMontgomery(high))
        );
}
