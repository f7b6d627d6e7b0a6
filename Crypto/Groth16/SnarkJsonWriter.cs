using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Groth16;

/// <summary>Writes proofs, public inputs and verifying keys as snarkjs does, and the arguments of its Solidity verifiers.</summary>
public static class SnarkJsonWriter
{
    private static readonly JsonWriterOptions Options = new()
    {
        Indented = true,
        IndentSize = 1,
        NewLine = "\n",
    };

    /// <summary>proof.json as UTF-8.</summary>
    public static byte[] WriteProof(Proof proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        return Write(writer =>
        {
            writer.WriteStartObject();
            writer.WritePropertyName("pi_a");
            WriteG1(writer, proof.A);
            writer.WritePropertyName("pi_b");
            WriteG2(writer, proof.B);
            writer.WritePropertyName("pi_c");
            WriteG1(writer, proof.C);
            writer.WriteString("protocol", "groth16");
            writer.WriteString("curve", "bn128");
            writer.WriteEndObject();
        });
    }

    /// <summary>public.json as UTF-8: decimal strings.</summary>
    public static byte[] WritePublicInputs(ReadOnlySpan<Fr> publicInputs)
    {
        var values = publicInputs.ToArray();
        return Write(writer =>
        {
            writer.WriteStartArray();
            foreach (var value in values)
                writer.WriteStringValue(value.ToString());
            writer.WriteEndArray();
        });
    }

    /// <summary>verification_key.json as UTF-8.</summary>
    public static byte[] WriteVerifyingKey(VerifyingKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("protocol", "groth16");
            writer.WriteString("curve", "bn128");
            writer.WriteNumber("nPublic", key.PublicInputCount);
            writer.WritePropertyName("vk_alpha_1");
            WriteG1(writer, key.Alpha);
            writer.WritePropertyName("vk_beta_2");
            WriteG2(writer, key.Beta);
            writer.WritePropertyName("vk_gamma_2");
            WriteG2(writer, key.Gamma);
            writer.WritePropertyName("vk_delta_2");
            WriteG2(writer, key.Delta);
            writer.WritePropertyName("vk_alphabeta_12");
            WriteFq12(writer, Pairing.Pair(key.Alpha, key.Beta));
            writer.WritePropertyName("IC");
            writer.WriteStartArray();
            foreach (ref readonly var point in key.InputPoints)
                WriteG1(writer, point);
            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    /// <summary>
    /// The arguments (a, b, c, inputs) of verifyProof in a Solidity verifier, as snarkjs's <c>zkey export soliditycalldata</c>
    /// writes them: 32-byte hexadecimal numbers, the coefficients of B's coordinates swapped.
    /// </summary>
    public static string WriteSolidityCalldata(Proof proof, ReadOnlySpan<Fr> publicInputs)
    {
        ArgumentNullException.ThrowIfNull(proof);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"[{Hex(proof.A.X)}, {Hex(proof.A.Y)}],");
        text.Append(CultureInfo.InvariantCulture, $"[[{Hex(proof.B.X.C1)}, {Hex(proof.B.X.C0)}],");
        text.Append(CultureInfo.InvariantCulture, $"[{Hex(proof.B.Y.C1)}, {Hex(proof.B.Y.C0)}]],");
        text.Append(CultureInfo.InvariantCulture, $"[{Hex(proof.C.X)}, {Hex(proof.C.Y)}],[");
        for (var i = 0; i < publicInputs.Length; i++)
            text.Append(i == 0 ? "" : ",").Append(Quote(publicInputs[i].ToBytes()));
        return text.Append(']').ToString();
    }

    private static string Hex(in Fq value) => Quote(value.ToBytes());

    private static string Quote(byte[] bytes) => $"\"0x{Convert.ToHexStringLower(bytes)}\"";

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
            write(writer);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteG1(Utf8JsonWriter writer, in G1Affine point)
    {
        writer.WriteStartArray();
        writer.WriteStringValue(point.X.ToString());
        writer.WriteStringValue(point.Y.ToString());
        writer.WriteStringValue("1");
        writer.WriteEndArray();
    }

    private static void WriteG2(Utf8JsonWriter writer, in G2Affine point)
    {
        writer.WriteStartArray();
        WriteFq2(writer, point.X);
        WriteFq2(writer, point.Y);
        WriteFq2(writer, Fq2.One);
        writer.WriteEndArray();
    }

    private static void WriteFq2(Utf8JsonWriter writer, in Fq2 value)
    {
        writer.WriteStartArray();
        writer.WriteStringValue(value.C0.ToString());
        writer.WriteStringValue(value.C1.ToString());
        writer.WriteEndArray();
    }

    private static void WriteFq12(Utf8JsonWriter writer, in Fq12 value)
    {
        writer.WriteStartArray();
        foreach (var half in (ReadOnlySpan<Fq6>)[value.C0, value.C1])
        {
            writer.WriteStartArray();
            WriteFq2(writer, half.C0);
            WriteFq2(writer, half.C1);
            WriteFq2(writer, half.C2);
            writer.WriteEndArray();
        }
        writer.WriteEndArray();
    }
}
