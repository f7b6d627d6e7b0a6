using MedLedger.Analytics.Context;
using MedLedger.Analytics.Documents;
using MedLedger.Analytics.Inference;
using MedLedger.Analytics.Sections;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics;

/// <summary>
/// Clinical text in, findings out, on this machine alone: tokens, sentences, sections, the network's heads, assertions by
/// rules that name their cue. Safe for use from many threads; one instance holds one model.
/// </summary>
public sealed class ClinicalPipeline : IDisposable
{
    private readonly ModelFolder _model;
    private readonly Tagger _tagger;
    private readonly ContextRules _context;
    private readonly SectionRules _sections;

    private ClinicalPipeline(ModelFolder model, Tagger tagger)
    {
        _model = model;
        _tagger = tagger;
        _context = ContextRules.Default;
        _sections = SectionRules.Default;
    }

    /// <summary>Where the model that ships with the program lies.</summary>
    public static string DefaultFolder => Path.Combine(AppContext.BaseDirectory, "analytics-model");

    /// <summary>The model's name and version.</summary>
    public string ModelName => $"{_model.Name} {_model.Version}";

    /// <summary>SHA-256 of the model's manifest, which lists the SHA-256 of each of its files; 32 bytes.</summary>
    public ReadOnlyMemory<byte> ModelDigest => _model.Digest;

    /// <summary><see cref="ModelDigest"/> in hexadecimal.</summary>
    public string ModelSha256 => Convert.ToHexStringLower(_model.Digest);

    /// <summary>Versions of the rule files and the SHA-256 of the assertion rules.</summary>
    public string RulesVersion => $"context {_context.Version} {_context.Sha256[..16]}, sections {_sections.Version}";

    /// <summary>
    /// Loads and checks a model. Throws <see cref="InvalidDataException"/> when a file is missing, differs from the
    /// manifest or cannot be read, and <see cref="IOException"/> when the folder is not there.
    /// </summary>
    public static ClinicalPipeline Load(string modelFolder)
    {
        var model = ModelFolder.Open(modelFolder);
        return new ClinicalPipeline(model, new Tagger(model));
    }

    /// <summary>
    /// Finds what <paramref name="text"/> speaks of. Meant for the caller's own text; patients' records come in through
    /// a permit only. Any string is an answer, also an empty one.
    /// </summary>
    /// <param name="text">The text; it is never changed, and every offset counts its UTF-16 code units.</param>
    /// <param name="head">Which heads answer.</param>
    /// <param name="cancellationToken">Looked at between sentences.</param>
    public ClinicalDocument Analyze(
        string text,
        FindingHead head = FindingHead.All,
        CancellationToken cancellationToken = default
    )
    {
        var reading = new Reading(this, text, head, cancellationToken);
        return new ClinicalDocument
        {
            Text = text,
            Findings = reading.Findings(),
            Sections = reading.Sections(),
            English = LanguageCheck.LooksEnglish(text),
        };
    }

    /// <summary>
    /// Adds assertion, section and codes to spans that were found elsewhere. Exactly these come back, in their order.
    /// Throws <see cref="ArgumentException"/> when a span lies outside the text.
    /// </summary>
    public IReadOnlyList<Finding> Assert(
        string text,
        IReadOnlyList<GivenSpan> spans,
        CancellationToken cancellationToken = default
    )
    {
        foreach (var (span, _) in spans)
        {
            if (span.Start < 0 || span.End < span.Start || span.End > text.Length)
                throw new ArgumentException("A span lies outside the text.", nameof(spans));
        }
        return new Reading(this, text, FindingHead.All, cancellationToken).Given(spans);
    }

    /// <inheritdoc/>
    public void Dispose() => _tagger.Dispose();

    /// <summary>One pass over one text.</summary>
    private sealed class Reading
    {
        private readonly ClinicalPipeline _pipeline;
        private readonly string _text;
        private readonly FindingHead _head;
        private readonly CancellationToken _cancellation;
        private readonly List<TextSpan> _tokens;
        private readonly SectionFinder _sections;

        public Reading(ClinicalPipeline pipeline, string text, FindingHead head, CancellationToken cancellation)
        {
            _pipeline = pipeline;
            _text = text;
            _head = head;
            _cancellation = cancellation;
            _tokens = Tokenizer.Tokenize(text);
            _sections = new SectionFinder(pipeline._sections, text, _tokens);
        }

        public IReadOnlyList<Section> Sections() => _sections.Sections();

        public List<Finding> Findings()
        {
            var findings = new List<Finding>();
            var heads = HeadMerge.HeadsOf(_head);
            foreach (var range in SentenceSplitter.Split(_text, _tokens))
            {
                _cancellation.ThrowIfCancellationRequested();
                var lower = new LowerCaseSentence(_text, _tokens, range);
                var heading = _sections.Next(range, lower);
                var tagged = _pipeline._tagger.Tag(_text, _tokens, range, lower, heads);
                var runs = HeadMerge.Merge(_head, tagged.Runs);
                if (runs.Count == 0)
                    continue;
                var scopes = new ContextScopes(_pipeline._context, _text, _tokens, range, lower);
                foreach (var run in runs)
                {
                    if (run.First >= heading)
                        findings.Add(FindingOf(range.Start.Value, run, tagged, scopes));
                }
            }
            return findings;
        }

        public Finding[] Given(IReadOnlyList<GivenSpan> spans)
        {
            var findings = new Finding[spans.Count];
            var order = Enumerable.Range(0, spans.Count).OrderBy(i => spans[i].Span.Start).ToArray();
            var next = 0;
            foreach (var range in SentenceSplitter.Split(_text, _tokens))
            {
                _cancellation.ThrowIfCancellationRequested();
                var lower = new LowerCaseSentence(_text, _tokens, range);
                _sections.Next(range, lower);
                var end = _tokens[range.End.Value - 1].End;
                if (next == order.Length || spans[order[next]].Span.Start >= end)
                    continue;
                var tagged = _pipeline._tagger.Tag(_text, _tokens, range, lower, []);
                var scopes = new ContextScopes(_pipeline._context, _text, _tokens, range, lower);
                for (; next < order.Length && spans[order[next]].Span.Start < end; next++)
                    findings[order[next]] = GivenOf(range, spans[order[next]], tagged, scopes);
            }
            for (; next < order.Length; next++)
                findings[order[next]] = Bare(spans[order[next]]);
            return findings;
        }

        private Finding GivenOf(Range range, GivenSpan given, TaggedSentence tagged, ContextScopes scopes)
        {
            var first = range.Start.Value;
            var last = range.End.Value;
            while (first < last && _tokens[first].End <= given.Span.Start)
                first++;
            while (last > first && _tokens[last - 1].Start >= given.Span.End)
                last--;
            if (first == last)
                return Bare(given);
            var run = new TokenRun(first - range.Start.Value, last - range.Start.Value, given.Type, 1);
            return FindingOf(range.Start.Value, run, tagged, scopes) with
            {
                Span = given.Span,
                Text = given.Span.Of(_text).ToString(),
            };
        }

        private Finding Bare(GivenSpan given) =>
            new()
            {
                Type = given.Type,
                Text = given.Span.Of(_text).ToString(),
                Span = given.Span,
                Score = 1,
                Section = _sections.Current?.Name,
            };

        private Finding FindingOf(int first, TokenRun run, TaggedSentence tagged, ContextScopes scopes)
        {
            var span = new TextSpan(_tokens[first + run.First].Start, _tokens[first + run.End - 1].End);
            var negation = tagged.NegationOf(run.First, run.End);
            var (assertion, cue) = AssertionJudge.Decide(scopes, run.First, run.End, negation, _sections.Current);
            return new Finding
            {
                Type = run.Type,
                Text = span.Of(_text).ToString(),
                Span = span,
                Assertion = assertion,
                Cue = cue,
                Section = _sections.Current?.Name,
                Score = Math.Round(run.Score, 4),
                Negation = Math.Round(negation, 4),
            };
        }
    }
}
