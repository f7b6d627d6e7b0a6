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
        // The session and the word tables take about as long as each other.
        var encoder = Task.Run(() => new Encoder(model.Bytes("encoder.onnx"), _tables.Emissions));
        _features = new FeatureTable(model, _tables);
        _heads = _tables.Heads.ToDictionary(
            h => h.Name,
            h => new SequenceHead(h, _tables.Emissions),
            StringComparer.Ordinal
        );
        _encoder = encoder.GetAwaiter().GetResult();
    }

    /// <summary>Whether the word table knows the word (lower case).</summary>
    public bool Knows(ReadOnlySpan<char> word) => _features.Knows(word);

    /// <summary>The emissions of one sentence, [T, columns].</summary>
    public float[] Emissions(string text, List<TextSpan> tokens, Range range, LowerCaseSentence lower) =>
        _encoder.Run(_features.Of(text, tokens, range, lower));

    /// <summary>Tags one sentence with the heads named.</summary>
    public TaggedSentence Tag(
        string text,
        List<TextSpan> tokens,
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

    /// <summary>
    /// How much each token of a sentence carries a run: the run's probability, less what is left of it when the token is
    /// made unknown. At most <paramref name="most"/> tokens around the run are tried. Null when no head knows the type.
    /// </summary>
    public List<(int Token, double Weight)>? Occlude(
        string text,
        List<TextSpan> tokens,
        Range range,
        TokenRun run,
        int most
    )
    {
        var lower = new LowerCaseSentence(text, tokens, range);
        var features = _features.Of(text, tokens, range, lower);
        var emissions = _encoder.Run(features);
        var head = _heads.Values.FirstOrDefault(h =>
            h.Probability(emissions, run.First, run.End, run.Type) is not null
        );
        if (head is null)
            return null;
        var whole = head.Probability(emissions, run.First, run.End, run.Type)!.Value;
        var first = Math.Max(0, Math.Min(run.First - ((most - (run.End - run.First)) / 2), lower.Count - most));
        var weights = new List<(int, double)>();
        for (var i = first; i < Math.Min(lower.Count, first + most); i++)
        {
            var left = head.Probability(_encoder.Run(features.Without(i)), run.First, run.End, run.Type)!.Value;
            weights.Add((i, Math.Round(whole - left, 4)));
        }
        return weights;
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
