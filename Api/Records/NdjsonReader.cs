using System.Globalization;

namespace MedLedger.Api.Records;

/// <summary>Newline-delimited JSON: one resource a line (FHIR Bulk Data Access). A line that is too long is refused alone.</summary>
internal static class NdjsonReader
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The lines of a file that are not blank.</summary>
    public static IEnumerable<SourceEntry> Read(ImportFile file)
    {
        using var stream = file.Open();
        var buffer = new byte[64 << 10];
        int start = 0,
            end = 0,
            line = 1;
        var isTooLong = false;
        while (true)
        {
            var newline = buffer.AsSpan(start, end - start).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                if (ToEntry(buffer.AsSpan(start, newline), line, isTooLong) is { } entry)
                    yield return entry;
                start += newline + 1;
                line++;
                isTooLong = false;
                continue;
            }
            if (end - start > ImportSource.MaxResourceBytes)
            {
                isTooLong = true;
                start = end;
            }
            if (start > 0)
            {
                buffer.AsSpan(start, end - start).CopyTo(buffer);
                end -= start;
                start = 0;
            }
            if (end == buffer.Length)
                Array.Resize(ref buffer, buffer.Length * 2);
            var read = stream.Read(buffer, end, buffer.Length - end);
            if (read == 0)
                break;
            end += read;
        }
        if (ToEntry(buffer.AsSpan(start, end - start), line, isTooLong) is { } last)
            yield return last;
    }

    private static SourceEntry? ToEntry(ReadOnlySpan<byte> text, int line, bool isTooLong)
    {
        if (line == 1 && text.StartsWith(ByteOrderMark))
            text = text[ByteOrderMark.Length..];
        text = text.Trim(" \t\r"u8);
        var position = string.Create(CultureInfo.InvariantCulture, $"line {line}");
        if (isTooLong || text.Length > ImportSource.MaxResourceBytes)
            return new SourceEntry(position, null, null, default, "longer than 32 MB");
        return text.IsEmpty ? null : new SourceEntry(position, null, null, text.ToArray());
    }
}
