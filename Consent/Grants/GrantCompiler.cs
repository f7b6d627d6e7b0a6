using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using MedLedger.Consent.Access;
using MedLedger.Consent.Directives;

namespace MedLedger.Consent.Grants;

/// <summary>
/// Turns the active consents of one patient into grants. For each grantee, every permit is a conjunction; from it everything
/// is taken that a deny may reach, whichever consent the deny stands in and whether or not an exception lifts it again, so
/// the grants can only be narrower than the evaluator's answer. What is lost that way is reported.
/// </summary>
public static class GrantCompiler
{
    /// <summary>Part of the terms digest: another compiler may compile otherwise.</summary>
    public const string Version = "medledger-grants/1";

    /// <summary>Pieces into which the denies may cut one permit.</summary>
    internal const int MaxPieces = 32;

    /// <summary>Compiles. Consents that are not active, or about somebody else, do not count.</summary>
    /// <exception cref="ArgumentException">The validity is empty or uses are out of range.</exception>
    public static CompiledGrants Compile(IReadOnlyList<ConsentDirective> directives, CompilerOptions options)
    {
        ArgumentNullException.ThrowIfNull(directives);
        ArgumentNullException.ThrowIfNull(options);
        if (options.ValidFrom >= options.ValidUntil || options.ValidFrom.ToUnixTimeSeconds() < 0)
            throw new ArgumentException("The validity is empty.", nameof(options));
        if (options.MaxUses is < 1 or > 65_536 || options.ModelClasses == 0)
            throw new ArgumentException("Uses or model classes are out of range.", nameof(options));

        var classes = new ExceptionBits(options.LiveClasses);
        var report = new GrantReport();
        var grants = new List<Grant>();
        if (FlatRule.Of(directives, options.Patient) is not var (permits, denies))
            report.Add(null, null, "A consent cannot be understood; until it can, there are no grants.");
        else
        {
            report.AddStanding(permits, options);
            denies.ForEach(report.AddDeny);
            foreach (var grantee in options.Grantees ?? Named(permits))
            {
                var regions = new GranteeCompiler(grantee, options, classes, report).Compile(permits, denies);
                grants.AddRange(regions.Select(region => ToGrant(region, grantee, options)));
            }
        }
        return new CompiledGrants
        {
            Grants = grants,
            ExceptionClasses = classes.Used(grants),
            Report = report.Gaps,
            TermsDigest = Terms(directives),
        };
    }

    /// <summary>
    /// The compiler's version and, sorted, reference, version and canonical digest of every active consent, each on a line.
    /// </summary>
    internal static byte[] Terms(IReadOnlyList<ConsentDirective> directives)
    {
        var lines = directives
            .Where(directive => directive.IsActive)
            .Select(one => $"{one.Reference} {one.Version} {Convert.ToHexStringLower(one.Digest.Span)}")
            .Order(StringComparer.Ordinal);
        return SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines.Prepend(Version)) + "\n"));
    }

    /// <summary>Everybody whom a permit names, each acting for themselves only.</summary>
    private static List<GranteeIdentity> Named(List<FlatRule> permits) =>
        [
            .. permits
                .SelectMany(rule => rule.Effective.Actors ?? [])
                .Select(actor => actor.Reference.Text)
                .OfType<string>()
                .Distinct(StringComparer.Ordinal)
                .Select(reference => new GranteeIdentity(reference)),
        ];

    private static Grant ToGrant(Region region, GranteeIdentity grantee, CompilerOptions options) =>
        new()
        {
            Grantee = grantee.Reference,
            Types = region.Types,
            Labels = region.Labels,
            Purposes = region.Purposes,
            ModelClasses = options.ModelClasses,
            Actions = region.Actions,
            MaxUses = options.MaxUses,
            NotBefore = region.From,
            NotAfter = region.Until,
            DataFrom = region.FirstDay,
            DataTo = region.LastDay,
        };
}

/// <summary>Gives out the patient's eight exception bits: the same criteria the same bit, none twice.</summary>
internal sealed class ExceptionBits(IReadOnlyList<ExceptionClass> live)
{
    private readonly List<ExceptionClass> all = [.. live];

    public int? BitOf(Provision rule, bool outside)
    {
        var key = ExceptionClass.KeyOf(rule, outside);
        if (all.Find(one => one.Key == key) is { } known)
            return known.Bit;
        for (var bit = Vocabulary.FirstExceptionBit; bit < 32; bit++)
        {
            if (all.Exists(one => one.Bit == bit))
                continue;
            all.Add(new ExceptionClass(bit, rule, outside));
            return bit;
        }
        return null;
    }

    /// <summary>The classes that a grant forbids; those of live grants stay until these are gone.</summary>
    public List<ExceptionClass> Used(List<Grant> grants) =>
        all.FindAll(one => live.Contains(one) || grants.Exists(grant => ((grant.Labels >> one.Bit) & 1) == 0));
}
