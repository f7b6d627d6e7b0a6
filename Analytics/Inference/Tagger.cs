using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Inference;

/// <summary>What the network says of one sentence: the runs of the heads that were asked, and denial by token.</summary>
/// <param name="Runs">Runs of each head that was asked.</param>
/// <param name="Negation">For each token the probability that a finding there is denied.</param>
internal sealed record TaggedSentence(IReadOnlyDictionary<string, List<TokenRun>> Runs, float[] Negation)
{
    /// <summary>The mean over the tokens of a run.</summary>
    public double NegationOf(int first, int end)
    {
        double sum = 0;
        for (var i = first; i < end; i++)
            sum += Negation[i];
        return sum / (end - first);
    }
}

/// <summary>Encoder, features and heads of one model.</summary>
internal sealed class Tagger : IDisposable
{
    private readonly ModelTables _tables;
    private readonly FeatureTable _features;
    private readonly Encoder _encoder;
    private readonly Dictionary<string, SequenceHead> _heads;

    public Tagger(ModelFolder model)
    {
        _tables = ModelTables.Parse(model.Bytes("heads.json"));
        _features = new FeatureTable(model, _tables);
        _heads = _tables.Heads.ToDictionary(
            h => h.Name,
            h => new SequenceHead(h, _tables.Emissions),
            StringComparer.Ordinal
        );
        _encoder = new Encoder(model.Bytes("encoder.onnx"), _tables.Emissions);
    }

    /// <summary>Whether the word table knows the word (lower case).</summary>
    public bool Knows(ReadOnlySpan<char> word) => _features.Knows(word);

    /// <summary>The emissions of one sentence, [T, columns].</summary>
    public float[] Emissions(string text, IReadOnlyList<TextSpan> tokens, Range range, LowerCaseSentence lower) =>
        _encoder.Run(_features.Of(text, tokens, range, lower));

    /// <summary>Tags one sentence with the heads named.</summary>
    public TaggedSentence Tag(
        string text,
        IReadOnlyList<TextSpan> tokens,
        Range range,
        LowerCaseSentence lower,
        IReadOnlyList<string> heads
    )
    {
        var emissions = Emissions(text, tokens, range, lower);
        var runs = new Dictionary<string, List<TokenRun>>(heads.Count, StringComparer.Ordinal);
        foreach (var head in heads)
            runs.Add(head, _heads[head].Decode(emissions));
        return new TaggedSentence(runs, Negations(emissions, lower.Count));
    }

    public void Dispose() => _encoder.Dispose();

    private float[] Negations(float[] emissions, int length)
    {
        var labels = _tables.Assertion.Labels.Count;
        var negations = new float[length];
        for (var t = 0; t < length; t++)
        {
            var row = emissions.AsSpan((t * _tables.Emissions) + _tables.Assertion.Offset, labels);
            float total = 0;
            foreach (var score in row)
                total += MathF.Exp(score - row[1]);
            negations[t] = 1 / total;
        }
        return negations;
    }
}
