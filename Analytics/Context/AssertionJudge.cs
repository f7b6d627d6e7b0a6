using MedLedger.Analytics.Documents;
using MedLedger.Analytics.Sections;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Context;

/// <summary>Weighs the rules, the network and the section into one assertion.</summary>
internal static class AssertionJudge
{
    // Chosen on the training part of the negation corpora: the network overrules the rules only when it is this sure.
    private const double SurelyNegated = 0.95;
    private const double SurelyNot = 0.01;

    // A cue this near, in code units, is not doubted.
    private const int Beside = 12;

    // Nor one of this many words.
    private const int PlainWords = 3;

    /// <summary>The assertion of a finding, the tokens from <paramref name="first"/> to <paramref name="end"/> of a sentence.</summary>
    public static (Assertion Assertion, Cue? Cue) Decide(
        ContextScopes scopes,
        string type,
        int first,
        int end,
        TextSpan span,
        double negation,
        SectionRule? section
    )
    {
        var (assertion, cue) = scopes.Of(first, end, type);
        if (assertion == Assertion.Negated && negation < SurelyNot && IsDoubtful(cue, span))
            (assertion, cue) = (Assertion.Present, null);
        else if (
            assertion == Assertion.Present
            && negation > SurelyNegated
            && !scopes.IsCutOff(first, type)
            && !scopes.IsMeasured(first, end, type)
        )
            (assertion, cue) = (Assertion.Negated, scopes.NearestNegation(first, end));
        if (assertion == Assertion.Present && section?.Assertion is { } category)
            assertion = FromSection(category);
        return (assertion, cue);
    }

    // A short cue far away ("not", "no") may speak of something else; "not support a diagnosis of" does not.
    private static bool IsDoubtful(Cue? cue, TextSpan span) =>
        cue is not null
        && Math.Max(span.Start - cue.Span.End, cue.Span.Start - span.End) > Beside
        && cue.Rule.AsSpan().Count(' ') < PlainWords - 1;

    private static Assertion FromSection(ContextCategory category) =>
        category switch
        {
            ContextCategory.Family => Assertion.Family,
            ContextCategory.Historical => Assertion.Historical,
            ContextCategory.Hypothetical => Assertion.Hypothetical,
            _ => Assertion.Present,
        };
}
