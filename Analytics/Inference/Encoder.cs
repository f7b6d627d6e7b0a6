using Microsoft.ML.OnnxRuntime;

namespace MedLedger.Analytics.Inference;

/// <summary>
/// The network in ONNX Runtime, one thread inside; <see cref="Run"/> may be called from many threads at once. Constant
/// inputs and units fix the scales of dynamic quantization, so a sentence's result does not depend on its neighbours.
/// </summary>
internal sealed class Encoder : IDisposable
{
    private static readonly string[] InputNames = ["words", "inputs", "lengths"];
    private static readonly string[] OutputNames = ["emissions"];

    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly int _columns;

    public Encoder(byte[] onnx, int columns)
    {
        _ = SilentRuntime.Environment;
        using var options = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        // Denormals slow a recurrent network down and mean nothing.
        options.AddSessionConfigEntry("session.set_denormal_as_zero", "1");
        try
        {
            _session = new InferenceSession(onnx, options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException("The model's encoder cannot be loaded.", e);
        }
        _columns = columns;
    }

    /// <summary>The emissions of each sentence of a batch, [T, columns] row by row.</summary>
    public float[][] Run(EncoderBatch batch)
    {
        var memory = OrtMemoryInfo.DefaultInstance;
        long[] shape = [batch.Longest, batch.Count];
        using var words = OrtValue.CreateTensorValueFromMemory(memory, batch.AllWords, shape);
        using var inputs = OrtValue.CreateTensorValueFromMemory(memory, batch.AllInputs, [.. shape, batch.Width]);
        using var lengths = OrtValue.CreateTensorValueFromMemory(batch.Lengths, [batch.Count]);
        using var outputs = _session.Run(_options, InputNames, [words, inputs, lengths], OutputNames);
        var all = outputs[0].GetTensorDataAsSpan<float>();
        if (all.Length != batch.Longest * batch.Count * _columns)
            throw new InvalidDataException("The model's encoder and heads.json do not fit together.");
        var emissions = new float[batch.Count][];
        for (var column = 0; column < batch.Count; column++)
        {
            var own = new float[batch.Lengths[column] * _columns];
            for (var t = 0; t < batch.Lengths[column]; t++)
                all.Slice(((t * batch.Count) + column) * _columns, _columns).CopyTo(own.AsSpan(t * _columns));
            emissions[column] = own;
        }
        return emissions;
    }

    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
    }
}
