using Microsoft.ML.OnnxRuntime;

namespace MedLedger.Analytics.Inference;

/// <summary>
/// The network in ONNX Runtime, one thread inside; <see cref="Run"/> may be called from many threads at once. Sentences
/// run one by one, so that a result never depends on its neighbours (dynamic quantization scales over a batch).
/// </summary>
internal sealed class Encoder : IDisposable
{
    private static readonly string[] InputNames = ["words", "characters", "bits"];
    private static readonly string[] OutputNames = ["emissions"];

    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly int _columns;

    public Encoder(byte[] onnx, int columns)
    {
        using var options = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
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

    /// <summary>The emissions of one sentence, [T, columns] row by row.</summary>
    public float[] Run(SentenceFeatures features)
    {
        long length = features.Words.Length;
        using var words = OrtValue.CreateTensorValueFromMemory(features.Words, [length]);
        using var characters = OrtValue.CreateTensorValueFromMemory(
            features.Characters,
            [length, features.Characters.Length / length]
        );
        using var bits = OrtValue.CreateTensorValueFromMemory(features.Bits, [length, features.Bits.Length / length]);
        using var outputs = _session.Run(_options, InputNames, [words, characters, bits], OutputNames);
        var emissions = outputs[0].GetTensorDataAsSpan<float>().ToArray();
        if (emissions.Length != length * _columns)
            throw new InvalidDataException("The model's encoder and heads.json do not fit together.");
        return emissions;
    }

    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
    }
}
