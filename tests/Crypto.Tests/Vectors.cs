using System.Text.Json;
using MedLedger.Tests;

namespace MedLedger.Crypto.Tests;

/// <summary>Published test vectors under tests/vectors (origins in its README).</summary>
internal static class Vectors
{
    public static JsonDocument Read(string file) =>
        JsonDocument.Parse(File.ReadAllBytes(RepositoryRoot.File("tests", "vectors", file)));

    public static byte[] Hex(this JsonElement element, string name) =>
        Convert.FromHexString(element.GetProperty(name).GetString()!);

    /// <summary>Every test of a Wycheproof file, with its result and a name for the failure message.</summary>
    public static IEnumerable<(JsonElement Group, JsonElement Test, string Result, string Name)> Wycheproof(
        JsonDocument json
    ) =>
        from @group in json.RootElement.GetProperty("testGroups").EnumerateArray()
        from test in @group.GetProperty("tests").EnumerateArray()
        select (
            @group,
            test,
            test.GetProperty("result").GetString()!,
            $"tcId {test.GetProperty("tcId").GetInt32()}: {(test.TryGetProperty("comment", out var c) ? c.GetString() : "")}"
        );
}
