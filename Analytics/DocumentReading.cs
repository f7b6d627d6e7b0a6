using MedLedger.Analytics.Context;
using MedLedger.Analytics.Documents;
using MedLedger.Analytics.Inference;
using MedLedger.Analytics.Naming;
using MedLedger.Analytics.Sections;
using MedLedger.Analytics.Terminology;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics;

/// <summary>One pass over one text.</summary>
internal sealed class DocumentReading
{
    private readonly ClinicalPipeline _pipeline;
    private readonly string _text;
    private readonly FindingHead _head;
    private readonly CancellationToken _cancellation;
    private readonly List<TextSpan> _tokens;
    private readonly SectionFinder _sections;
    private FindingCoder? _coder;

    public DocumentReading(ClinicalPipeline pipeline, string text, FindingHead head, CancellationToken cancellation)
    {
        _pipeline = pipeline;
        _text = text;
        _head = head;
        _cancellation = cancellation;
        _tokens = Tokenizer.Tokenize(text);
        _sections = new SectionFinder(SectionRules.Default, text, _tokens);
    }

    public IReadOnlyList<Section> Sections() => _sections.Sections();

    public List<Finding> Findings()
    {
        var findings = new List<Finding>();
        var sentences = SentenceSplitter.Split(_text, _tokens);
        var tagged = new List<TaggedSentence>(sentences.Count);
        var heads = HeadMerge.HeadsOf(_head);
        var convention = new DiseaseConvention();
        foreach (var range in sentences)
        {
            _cancellation.ThrowIfCancellationRequested();
            var lower = new LowerCaseSentence(_text, _tokens, range);
            tagged.Add(_pipeline.Tagger.Tag(_text, _tokens, range, lower, heads));
            convention.Add(lower, tagged[^1]);
        }
        var abbreviations = Abbreviations.Find(_text, _tokens, sentences);
        _coder = new FindingCoder(_pipeline.Codes, _text, _tokens, abbreviations);
        Agree(sentences, tagged, abbreviations);
        for (var s = 0; s < sentences.Count; s++)
        {
            _cancellation.ThrowIfCancellationRequested();
            var lower = new LowerCaseSentence(_text, _tokens, sentences[s]);
            var heading = _sections.Next(sentences[s], lower);
            var runs = HeadMerge.Merge(_head, tagged[s].Runs, convention.Head);
            if (runs.Count == 0)
                continue;
            var scopes = new ContextScopes(ContextRules.Default, _text, _tokens, sentences[s], lower);
            foreach (var run in runs)
            {
                if (run.First >= heading)
                    findings.Add(FindingOf(sentences[s].Start.Value, run, tagged[s], scopes));
            }
        }
        return findings;
    }

    private void Agree(List<Range> sentences, List<TaggedSentence> tagged, List<Abbreviation> abbreviations)
    {
        if (_head == FindingHead.CaseReport)
            return;
        foreach (var head in HeadMerge.NamingHeads)
            NameAgreement.Apply(_text, _tokens, sentences, abbreviations, [.. tagged.Select(t => t.Runs[head])]);
    }

    public Finding[] Given(IReadOnlyList<GivenSpan> spans)
    {
        var findings = new Finding[spans.Count];
        var order = Enumerable.Range(0, spans.Count).OrderBy(i => spans[i].Span.Start).ToArray();
        var next = 0;
        var sentences = SentenceSplitter.Split(_text, _tokens);
        var abbreviations = Abbreviations.Find(_text, _tokens, sentences);
        _coder = new FindingCoder(_pipeline.Codes, _text, _tokens, abbreviations);
        foreach (var range in sentences)
        {
            _cancellation.ThrowIfCancellationRequested();
            var lower = new LowerCaseSentence(_text, _tokens, range);
            _sections.Next(range, lower);
            var end = _tokens[range.End.Value - 1].End;
            if (next == order.Length || spans[order[next]].Span.Start >= end)
                continue;
            var tagged = _pipeline.Tagger.Tag(_text, _tokens, range, lower, []);
            var scopes = new ContextScopes(ContextRules.Default, _text, _tokens, range, lower);
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
            Codes = CodesOf(given.Type, given.Span.Of(_text).ToString()),
        };
    }

    private IReadOnlyList<CodeSuggestion> CodesOf(string type, string name) => _coder?.Codes(type, name) ?? [];

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
        var (assertion, cue) = AssertionJudge.Decide(scopes, run.First, run.End, span, negation, _sections.Current);
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
            Codes = CodesOf(run.Type, span.Of(_text).ToString()),
        };
    }
}
