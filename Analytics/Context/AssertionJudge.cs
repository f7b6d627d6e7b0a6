using MedLedger.Analytics.Documents;
using MedLedger.Analytics.Sections;

namespace MedLedger.Analytics.Context;

/// <summary>Weighs the rules, the network and the section into one assertion.</summary>
internal static class AssertionJudge
{
    // Chosen on the training part of the negation corpora: the network overrules the rules only when it is this sure.
    private const double SurelyNegated = 0.95;
    private const double SurelyNot = 0.01;

    /// <summary>The assertion of the tokens from <paramref name="first"/> to <paramref name="end"/> of a sentence.</summary>
    public static (Assertion Assertion, Cue? Cue) Decide(
        ContextScopes scopes,
        int first,
        int end,
        double negation,
        SectionRule? section
    )
    {
        var (assertion, cue) = scopes.Of(first, end);
        if (assertion == Assertion.Negated && negation < SurelyNot)
            (assertion, cue) = (Assertion.Present, null);
        else if (assertion == Assertion.Present && negation > SurelyNegated && !scopes.IsCutOff(first))
            (assertion, cue) = (Assertion.Negated, scopes.NearestNegation(first, end));
        if (assertion == Assertion.Present && section?.Assertion is { } category)
            assertion = FromSection(category);
        return (assertion, cue);
    }

    private static Assertion FromSection(ContextCategory category) =>
        category switch
        {
            ContextCategory.Family => Assertion.Family,
            ContextCategory.Historical => Assertion.Historical,
            ContextCategory.Hypothetical => Assertion.Hypothetical,
            _ => Assertion.Present,
        };
}
