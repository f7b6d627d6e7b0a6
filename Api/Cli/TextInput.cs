using System.Diagnostics.CodeAnalysis;
using System.Text;
using MedLedger.Analytics.Records;

namespace MedLedger.Api.Cli;

/// <summary>Reads the text that a command is given: a file, or standard input for <c>-</c>. UTF-8 only, said when not.</summary>
internal static class TextInput
{
    private static readonly UTF8Encoding Strict = new(
        encoderShouldEmitUTF8Identifier: false,
        throwOnInvalidBytes: true
    );

    /// <summary>Opens the input as it stands.</summary>
    public static Stream OpenBytes(string path)
    {
        if (path == "-")
            return StandardInput();
        if (!File.Exists(path))
            throw CommandFailure.Usage($"There is no file {path}.");
        return File.OpenRead(path);
    }

    /// <summary>The whole text, its byte order mark left out; the words of an HTML or RTF file.</summary>
    public static async Task<SourceText> ReadAsync(string path, CancellationToken cancellation)
    {
        using var reader = new StreamReader(OpenBytes(path), Strict, detectEncodingFromByteOrderMarks: true);
        try
        {
            return SourceText.OfFile(path, await reader.ReadToEndAsync(cancellation));
        }
        catch (DecoderFallbackException)
        {
            throw CommandFailure.Refused($"{path} is not UTF-8 text.");
        }
    }

    [SuppressMessage("ApiDesign", "RS0030", Justification = "Standard input is read here only.")]
    private static Stream StandardInput() => Console.OpenStandardInput();
}
