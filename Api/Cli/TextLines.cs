using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Unicode;

namespace MedLedger.Api.Cli;

/// <summary>One line of a batch.</summary>
/// <param name="Text">The line without its end; bytes that are no UTF-8 are U+FFFD in it.</param>
/// <param name="IsUtf8">Whether all of it was UTF-8.</param>
internal readonly record struct TextLine(string Text, bool IsUtf8);

/// <summary>
/// The lines of a stream, each decoded on its own, so that bytes which are no UTF-8 spoil their own line only. A line ends
/// with LF or CR LF; a byte order mark at the beginning is left out. Memory is bounded by the longest line.
/// </summary>
internal sealed class TextLines(Stream stream) : IDisposable
{
    private readonly PipeReader _pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 1 << 16));
    private bool _begun;

    /// <summary>How much of the stream has been read, from 0 to 1; 0 when it has no known length.</summary>
    public double Fraction => stream is { CanSeek: true, Length: > 0 } ? (double)stream.Position / stream.Length : 0;

    /// <summary>The next line; null at the end. A last line without an end of line is a line when it is not empty.</summary>
    public async ValueTask<TextLine?> ReadAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var read = await _pipe.ReadAsync(cancellation);
            var buffer = read.Buffer;
            if (buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Decoded(buffer.Slice(0, end).ToArray());
                _pipe.AdvanceTo(buffer.GetPosition(1, end));
                return line;
            }
            if (read.IsCompleted)
            {
                TextLine? last = buffer.IsEmpty ? null : Decoded(buffer.ToArray());
                _pipe.AdvanceTo(buffer.End);
                return last;
            }
            _pipe.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    public void Dispose() => _pipe.Complete();

    private TextLine Decoded(ReadOnlySpan<byte> line)
    {
        if (!_begun && line.StartsWith(Encoding.UTF8.Preamble))
            line = line[Encoding.UTF8.Preamble.Length..];
        _begun = true;
        if (line.EndsWith("\r"u8))
            line = line[..^1];
        return new TextLine(Encoding.UTF8.GetString(line), Utf8.IsValid(line));
    }
}
