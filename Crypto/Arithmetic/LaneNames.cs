global using Fq2x8 = MedLedger.Crypto.Arithmetic.Fq2Lanes<MedLedger.Crypto.Arithmetic.Fp8<
    MedLedger.Crypto.Fields.Fq,
    MedLedger.Crypto.Fields.FqModulus
>>;
global using Fq8 = MedLedger.Crypto.Arithmetic.Fp8<MedLedger.Crypto.Fields.Fq, MedLedger.Crypto.Fields.FqModulus>;
global using Fr8 = MedLedger.Crypto.Arithmetic.Fp8<MedLedger.Crypto.Fields.Fr, MedLedger.Crypto.Fields.FrModulus>;
