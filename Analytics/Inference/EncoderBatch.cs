using System.Buffers;

namespace MedLedger.Analytics.Inference;

/// <summary>What the network reads of several sentences, [T, B, ...]; a shorter sentence is followed by zeros.</summary>
internal sealed class EncoderBatch : IDisposable
{
    private readonly int[] _words;
    private readonly float[] _inputs;

    /// <summary>An empty batch of <paramref name="count"/> sentences of at most <paramref name="longest"/> tokens.</summary>
    public EncoderBatch(int count, int longest, int width)
    {
        (Count, Longest, Width) = (count, longest, width);
        Lengths = new int[count];
        _words = ArrayPool<int>.Shared.Rent(count * longest);
        _inputs = ArrayPool<float>.Shared.Rent(count * longest * width);
        _words.AsSpan(0, count * longest).Clear();
        _inputs.AsSpan(0, count * longest * width).Clear();
    }

    /// <summary>How many sentences.</summary>
    public int Count { get; }

    /// <summary>Tokens of the longest.</summary>
    public int Longest { get; }

    /// <summary>Numbers a token beside its word.</summary>
    public int Width { get; }

    /// <summary>[B] tokens of each sentence.</summary>
    public int[] Lengths { get; }

    /// <summary>[T, B] rows of the word table.</summary>
    public Memory<int> AllWords => _words.AsMemory(0, Count * Longest);

    /// <summary>[T, B, Width].</summary>
    public Memory<float> AllInputs => _inputs.AsMemory(0, Count * Longest * Width);

    /// <summary>The word of one token.</summary>
    public ref int Word(int token, int column) => ref _words[(token * Count) + column];

    /// <summary>The other numbers of one token.</summary>
    public Span<float> Inputs(int token, int column) => _inputs.AsSpan(((token * Count) + column) * Width, Width);

    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(_words);
        ArrayPool<float>.Shared.Return(_inputs);
    }
}
