using System.Collections.Frozen;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Inference;

/// <summary>
/// Which of the two disease heads speaks for a document. The corpora draw the borders of disease names differently: BC5CDR
/// annotates texts about drugs and their effects, NCBI texts about diseases and their genes. The words of a text tell.
/// </summary>
internal sealed class DiseaseConvention
{
    // Chemicals and words of treatment less words of heredity, as a share of the tokens. Chosen on the training parts:
    // it leaves 5 percent of NCBI's names and 1 percent of BC5CDR's to the other head.
    private const double FewDrugs = 0.01;

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Heredity = Lookup(
        "gene genes genetic mutation mutations mutant mutated allele alleles allelic locus loci chromosome chromosomal "
            + "chromosomes linkage exon exons intron deletion deletions insertion missense nonsense frameshift families family "
            + "hereditary inherited inheritance familial autosomal recessive dominant heterozygous homozygous haplotype "
            + "haplotypes polymorphism polymorphisms carriers carrier pedigree genotype phenotype phenotypes phenotypic germline "
            + "germ splice codon nucleotide cdna dna mrna transcript cloned cloning sequence sequences encoding encodes protein "
            + "genomic"
    );

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Treatment = Lookup(
        "induced rats rat mice treatment treated dose doses mg kg administration administered injection therapy drug drugs "
            + "toxicity toxic adverse"
    );

    private int _tokens;
    private int _drugs;
    private int _heredity;

    /// <summary>The head: <c>disease</c> or <c>disease-ncbi</c>.</summary>
    public string Head => _drugs - _heredity < FewDrugs * _tokens ? "disease-ncbi" : "disease";

    /// <summary>Counts a sentence in.</summary>
    public void Add(LowerCaseSentence sentence, TaggedSentence tagged)
    {
        _tokens += sentence.Count;
        _drugs += tagged.Runs.TryGetValue("chemical", out var chemicals) ? chemicals.Count : 0;
        for (var i = 0; i < sentence.Count; i++)
        {
            var word = sentence.Word(i);
            if (Heredity.Contains(word))
                _heredity++;
            else if (Treatment.Contains(word))
                _drugs++;
        }
    }

    private static FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Lookup(string words) =>
        words.Split(' ').ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
}
