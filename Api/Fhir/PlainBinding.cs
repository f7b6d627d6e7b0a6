using System.Text.Json;
using System.Text.RegularExpressions;

namespace MedLedger.Api.Fhir;

/// <summary>The required binding of a CodeableConcept to a value set of one code system, checked on its JSON.</summary>
internal sealed partial class PlainBinding
{
    private const string MistakenCode = "entered-in-error";
    private static readonly string[] EndedCodes = ["inactive", "remission", "resolved"];

    private readonly string _system;
    private readonly HashSet<string> _codes;

    private PlainBinding(string member, string system, HashSet<string> codes) =>
        (Member, _system, _codes) = (member, system, codes);

    /// <summary>The element that is bound.</summary>
    public string Member { get; }

    /// <summary>The binding that an invariant's FHIRPath expression says; null when it says something else.</summary>
    public static PlainBinding? TryParse(string expression) =>
        Form().Match(expression) is { Success: true } match
            ? new PlainBinding(
                match.Groups["member"].Value,
                match.Groups["system"].Value,
                match.Groups["code"].Captures.Select(code => code.Value).ToHashSet(StringComparer.Ordinal)
            )
            : null;

    /// <summary>
    /// What the concept at which the reader stands says besides (<see cref="PlainShape.Ended"/>,
    /// <see cref="PlainShape.Mistaken"/>); null when it is not plain that it has a code of the value set.
    /// </summary>
    public ulong? Read(Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            return null;
        var (isBound, marks) = (false, 0UL);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isCoding = reader.ValueTextEquals("coding"u8);
            reader.Read();
            if (!isCoding)
                reader.Skip();
            else if (reader.TokenType != JsonTokenType.StartArray || !ReadCodings(ref reader, ref isBound, ref marks))
                return null;
        }
        return isBound ? marks : null;
    }

    private bool ReadCodings(ref Utf8JsonReader reader, ref bool isBound, ref ulong marks)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            string? system = null;
            string? code = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isSystem, isCode) = (reader.ValueTextEquals("system"u8), reader.ValueTextEquals("code"u8));
                reader.Read();
                if (!isSystem && !isCode)
                {
                    reader.Skip();
                    continue;
                }
                if (reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped)
                    return false;
                if (isSystem)
                    system = reader.GetString();
                else
                    code = reader.GetString();
            }
            if (code is null)
                continue;
            if (code == MistakenCode)
                marks |= PlainShape.Mistaken;
            if (system != _system || !_codes.Contains(code))
                continue;
            isBound = true;
            if (EndedCodes.Contains(code, StringComparer.Ordinal))
                marks |= PlainShape.Ended;
        }
        return true;
    }

    [GeneratedRegex(
        @"^(?<member>\w+)\.empty\(\) or \k<member>\.all\(coding\.where\(\(system = '(?<system>[^']+)' and \((?:(?: or )?code = '(?<code>[^']+)')+\)\)\)\.exists\(\)\)$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Form();
}
