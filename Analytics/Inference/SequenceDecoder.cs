namespace MedLedger.Analytics.Inference;

/// <summary>Room for reading emissions, used again for each sentence; for one thread at a time.</summary>
internal sealed class SequenceDecoder
{
    private int[] _path = [];
    private int[] _back = [];
    private float[] _weights = [];
    private float[] _forward = [];
    private float[] _backward = [];
    private double[] _forwardLog = [];
    private double[] _backwardLog = [];

    /// <summary>[T] labels of the best path.</summary>
    public Span<int> Path(int length) => Room(ref _path, length);

    /// <summary>[T, padded] where the best way to each label came from.</summary>
    public Span<int> Back(int size) => Room(ref _back, size);

    /// <summary>[T, padded] exponentials of the emissions.</summary>
    public Span<float> Weights(int size) => Room(ref _weights, size);

    /// <summary>[T, padded] forward sums, each row scaled to one.</summary>
    public Span<float> Forward(int size) => Room(ref _forward, size);

    /// <summary>[T, padded] backward sums, each row scaled to one.</summary>
    public Span<float> Backward(int size) => Room(ref _backward, size);

    /// <summary>[T] logarithms of what the forward rows were scaled by, added up.</summary>
    public Span<double> ForwardLog(int length) => Room(ref _forwardLog, length);

    /// <summary>[T] the same of the backward rows.</summary>
    public Span<double> BackwardLog(int length) => Room(ref _backwardLog, length);

    private static Span<T> Room<T>(ref T[] room, int size)
    {
        if (room.Length < size)
            room = new T[size + (size / 2)];
        return room.AsSpan(0, size);
    }
}
