using System.Text.Json;
using MedLedger.Analytics.Context;
using MedLedger.Analytics.Deidentification;
using MedLedger.Analytics.Documents;
using MedLedger.Analytics.Inference;
using MedLedger.Analytics.Records;
using MedLedger.Analytics.Sections;
using MedLedger.Analytics.Terminology;
using MedLedger.Analytics.Text;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Vault;

namespace MedLedger.Analytics;

/// <summary>
/// Clinical text in, findings out, on this machine alone: tokens, sentences, sections, the network's heads, assertions by
/// rules that name their cue. Safe for use from many threads; one instance holds one model.
/// </summary>
public sealed class ClinicalPipeline : IDisposable
{
    private readonly ModelFolder _model;
    private readonly Lazy<CodeTable?> _codes;

    private ClinicalPipeline(ModelFolder model, Tagger tagger, Lazy<CodeTable?> codes)
    {
        _model = model;
        Tagger = tagger;
        Deidentifier = new Deidentifier(tagger);
        _codes = codes;
    }

    /// <summary>Finds and replaces personal data with the same model.</summary>
    public Deidentifier Deidentifier { get; }

    internal Tagger Tagger { get; }

    internal CodeTable? Codes => _codes.Value;

    /// <summary>Where the model that ships with the program lies.</summary>
    public static string DefaultFolder => Path.Combine(AppContext.BaseDirectory, "analytics-model");

    /// <summary>The model's name and version.</summary>
    public string ModelName => $"{_model.Name} {_model.Version}";

    /// <summary>SHA-256 of the model's manifest, which lists the SHA-256 of each of its files; 32 bytes.</summary>
    public ReadOnlyMemory<byte> ModelDigest => _model.Digest;

    /// <summary><see cref="ModelDigest"/> in hexadecimal.</summary>
    public string ModelSha256 => Convert.ToHexStringLower(_model.Digest);

    /// <summary>Versions of the rule files and the SHA-256 of the assertion rules.</summary>
    public static string RulesVersion =>
        $"context {ContextRules.Default.Version} {ContextRules.Default.Sha256[..16]}, sections {SectionRules.Default.Version}, shorthand {Shorthand.Default.Version}";

    /// <summary>
    /// Loads and checks a model. Throws <see cref="InvalidDataException"/> when a file is missing, differs from the
    /// manifest or cannot be read, and <see cref="IOException"/> when the folder is not there.
    /// </summary>
    /// <param name="modelFolder">The folder of the model.</param>
    /// <param name="ahead">
    /// Whether rules and codes are read at once, beside the network, rather than when the first finding asks for them.
    /// </param>
    public static ClinicalPipeline Load(string modelFolder, bool ahead = false)
    {
        SilentRuntime.OptOutOfTelemetry();
        var model = ModelFolder.Open(modelFolder);
        var codes = new Lazy<CodeTable?>(() =>
            model.Has("codes.txt.gz") ? new CodeTable(model.Text("codes.txt.gz")) : null
        );
        // What goes wrong here is thrown to who asks for it first.
        if (ahead)
        {
            _ = Task.Run(() => codes.Value?.ReadAhead());
            _ = Task.Run(static () => ContextRules.Default);
        }
        var tagger = new Tagger(model);
        try
        {
            model.CheckAll();
            return new ClinicalPipeline(model, tagger, codes);
        }
        catch
        {
            tagger.Dispose();
            throw;
        }
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
        var reading = new DocumentReading(this, text, head, cancellationToken);
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
        return new DocumentReading(this, text, FindingHead.All, cancellationToken).Given(spans);
    }

    /// <summary>
    /// The words that carried a finding, heaviest first, by leaving out one at a time. At most 40 words around the finding
    /// are tried, so the time is bounded whatever the text. Empty when the finding did not come from the network.
    /// </summary>
    /// <param name="text">The text in which the finding was made.</param>
    /// <param name="finding">A finding of <see cref="Analyze"/> on the same text.</param>
    /// <param name="most">How many words to name.</param>
    public IReadOnlyList<TokenWeight> Explain(string text, Finding finding, int most = 5)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(finding.Span.End, text.Length, nameof(finding));
        var tokens = Tokenizer.Tokenize(text);
        foreach (var range in SentenceSplitter.Split(text, tokens))
        {
            var (start, count) = range.GetOffsetAndLength(tokens.Count);
            if (tokens[start + count - 1].End <= finding.Span.Start)
                continue;
            var first = tokens.FindIndex(start, count, t => t.Start == finding.Span.Start);
            var last = tokens.FindIndex(start, count, t => t.End == finding.Span.End);
            if (first < 0 || last < first)
                return [];
            var run = new TokenRun(first - start, last + 1 - start, finding.Type, finding.Score, finding.Score);
            var sentence = new LowerCaseSentence(text, tokens, range);
            return
            [
                .. (Tagger.Occlude(text, tokens, sentence, run, 40) ?? [])
                    .OrderByDescending(w => w.Weight)
                    .Take(most)
                    .Select(w => new TokenWeight(
                        tokens[start + w.Token].Of(text).ToString(),
                        tokens[start + w.Token],
                        w.Weight
                    )),
            ];
        }
        return [];
    }

    /// <summary>
    /// Analyses one record of a patient. Only a vault that was shown a permit can make the argument. When a permit obliges
    /// to it (DEID, ANONY, PSEUD), personal data are masked before the model reads the text, and only masked text comes back.
    /// </summary>
    /// <param name="record">An open record; it stays the caller's to dispose.</param>
    /// <param name="cancellationToken">Looked at between sentences.</param>
    /// <exception cref="InvalidDataException">The content is not JSON.</exception>
    public RecordAnalysis Run(OpenedRecord record, CancellationToken cancellationToken = default)
    {
        try
        {
            using var json = JsonDocument.Parse(record.Content(), new JsonDocumentOptions { MaxDepth = 256 });
            return Run(
                record.Reference,
                RecordTextReader.Read(json.RootElement),
                record.Obligations,
                cancellationToken
            );
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("The record is not JSON.", e);
        }
    }

    internal RecordAnalysis Run(
        string reference,
        RecordText text,
        IReadOnlyList<string> obligations,
        CancellationToken cancellation
    )
    {
        var mask = Handling.DemandsDeidentification(obligations);
        var passages = new List<AnalyzedPassage>(text.Passages.Count);
        foreach (var original in text.Passages)
        {
            var passage = mask
                ? original with
                {
                    Text = Deidentifier.Mask(original.Text, cancellation),
                    Codes = [],
                }
                : original;
            var document = Analyze(passage.Text, FindingHead.All, cancellation);
            passages.Add(new AnalyzedPassage(passage, RecordCodes.Add(document, passage.Codes)));
        }
        return new RecordAnalysis(reference, ModelSha256, passages, text.NotRead);
    }

    /// <inheritdoc/>
    public void Dispose() => Tagger.Dispose();
}
