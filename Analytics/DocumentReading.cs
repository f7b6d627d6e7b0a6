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
    private readonly List<LowerCaseSentence> _sentences;
    private readonly SectionFinder _sections;
    private FindingCoder? _coder;

    public DocumentReading(ClinicalPipeline pipeline, string text, FindingHead head, CancellationToken cancellation)
    {
        _pipeline = pipeline;
        _text = text;
        _head = head;
        _cancellation = cancellation;
        _tokens = Tokenizer.Tokenize(text);
        _sentences = LowerCaseSentence.AllOf(text, _tokens);
        _sections = new SectionFinder(SectionRules.Default, text, _tokens);
    }

    public IReadOnlyList<Section> Sections() => _sections.Sections();

    public List<Finding> Findings()
    {
        var findings = new List<Finding>();
        var heads = HeadMerge.HeadsOf(_head);
        var tagged = _pipeline.Tagger.Tag(_text, _tokens, _sentences, heads, _cancellation);
        var convention = new DiseaseConvention();
        for (var s = 0; s < tagged.Length; s++)
            convention.Add(_sentences[s], tagged[s]);
        var abbreviations = Abbreviations.Find(_text, _tokens, _sentences);
        _coder = new FindingCoder(_pipeline.Codes, _text, _tokens, abbreviations);
        Agree(tagged, abbreviations);
        for (var s = 0; s < tagged.Length; s++)
        {
            _cancellation.ThrowIfCancellationRequested();
            var heading = _sections.Next(_sentences[s]);
            var runs = HeadMerge.Merge(_head, tagged[s].Runs, convention.Head);
            if (_head == FindingHead.All)
                runs = Shorthand.Default.Mend(_text, _tokens, _sentences[s], runs);
            if (runs.Count == 0)
                continue;
            var scopes = new ContextScopes(ContextRules.Default, _text, _tokens, _sentences[s]);
            foreach (var run in runs)
            {
                if (run.First >= heading && !(_head == FindingHead.All && IsPersonal(_sentences[s], run)))
                    findings.Add(FindingOf(_sentences[s].First, run, tagged[s], scopes));
            }
        }
        return findings;
    }

    private bool IsPersonal(LowerCaseSentence sentence, TokenRun run) =>
        PersonalRuns.Holds(_text, _tokens, sentence.First + run.First, sentence.First + run.End, run.Type);

    private void Agree(TaggedSentence[] tagged, List<Abbreviation> abbreviations)
    {
        if (_head == FindingHead.CaseReport)
            return;
        foreach (var head in HeadMerge.NamingHeads)
            NameAgreement.Apply(_sentences, abbreviations, Array.ConvertAll(tagged, t => t.Runs[head]));
    }

    public Finding[] Given(IReadOnlyList<GivenSpan> spans)
    {
        var findings = new Finding[spans.Count];
        var order = Enumerable.Range(0, spans.Count).OrderBy(i => spans[i].Span.Start).ToArray();
        var next = 0;
        var abbreviations = Abbreviations.Find(_text, _tokens, _sentences);
        _coder = new FindingCoder(_pipeline.Codes, _text, _tokens, abbreviations);
        var asked = _sentences.FindAll(s => Holds(s, spans, order));
        var tagged = _pipeline.Tagger.Tag(_text, _tokens, asked, [], _cancellation);
        var answered = 0;
        foreach (var sentence in _sentences)
        {
            _cancellation.ThrowIfCancellationRequested();
            _sections.Next(sentence);
            if (answered == asked.Count || asked[answered] != sentence)
                continue;
            var end = _tokens[sentence.End - 1].End;
            var scopes = new ContextScopes(ContextRules.Default, _text, _tokens, sentence);
            for (; next < order.Length && spans[order[next]].Span.Start < end; next++)
                findings[order[next]] = GivenOf(sentence, spans[order[next]], tagged[answered], scopes);
            answered++;
        }
        for (; next < order.Length; next++)
            findings[order[next]] = Bare(spans[order[next]]);
        return findings;
    }

    // Whether a span begins after the sentence before this one and before the end of this.
    private bool Holds(LowerCaseSentence sentence, IReadOnlyList<GivenSpan> spans, int[] order)
    {
        var from = sentence.First > 0 ? _tokens[sentence.First - 1].End : 0;
        var (low, high) = (0, order.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (spans[order[middle]].Span.Start < from)
                low = middle + 1;
            else
                high = middle;
        }
        return low < order.Length && spans[order[low]].Span.Start < _tokens[sentence.End - 1].End;
    }

    private Finding GivenOf(LowerCaseSentence sentence, GivenSpan given, TaggedSentence tagged, ContextScopes scopes)
    {
        var first = sentence.First;
        var last = sentence.End;
        while (first < last && _tokens[first].End <= given.Span.Start)
            first++;
        while (last > first && _tokens[last - 1].Start >= given.Span.End)
            last--;
        if (first == last)
            return Bare(given);
        var run = new TokenRun(first - sentence.First, last - sentence.First, given.Type, 1, 1);
        return FindingOf(sentence.First, run, tagged, scopes) with
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
        var (assertion, cue) = AssertionJudge.Decide(
            scopes,
            run.Type,
            run.First,
            run.End,
            span,
            negation,
            _sections.Current
        );
        return new Finding
        {
            Type = run.Type,
            Text = span.Of(_text).ToString(),
            Span = span,
            Assertion = assertion,
            Cue = cue,
            Section = _sections.Current?.Name,
            Score = Math.Round(run.Calibrated, 4),
            RawScore = run.Score,
            Negation = Math.Round(negation, 4),
            Codes = CodesOf(run.Type, span.Of(_text).ToString()),
        };
    }
}
