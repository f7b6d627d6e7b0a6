using System.Diagnostics;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Poseidon;

/// <summary>
/// Constants of one Poseidon permutation over Fr with S-box x^5 (circomlib's parameters), made once per width.
/// The partial rounds use sparse matrices ("Poseidon", appendix B): with M = [[m, v], [w, N]] the factorization
/// M = [[m, v/N], [w, 1]] * [[1, 0], [0, N]] lets the right factor, which leaves the first element alone, move through
/// the S-box into the round before.
/// </summary>
internal sealed class PoseidonParameters
{
    public const int FullRounds = 8;

    // Partial rounds for width 2 to 17, as in circomlib's poseidon.circom.
    private static readonly int[] PartialRoundsByWidth =
    [
        56,
        57,
        56,
        60,
        60,
        63,
        64,
        63,
        60,
        66,
        60,
        65,
        70,
        60,
        64,
        68,
    ];

    private static readonly Lazy<PoseidonParameters>[] ByWidth =
    [
        .. Enumerable.Range(2, 16).Select(width => new Lazy<PoseidonParameters>(() => new PoseidonParameters(width))),
    ];

    private PoseidonParameters(int width)
    {
        Width = width;
        PartialRounds = PartialRoundsByWidth[width - 2];
        var grain = new GrainLfsr(width, FullRounds, PartialRounds);
        var constants = new Fr[FullRounds + PartialRounds][];
        for (var round = 0; round < constants.Length; round++)
        {
            constants[round] = new Fr[width];
            for (var i = 0; i < width; i++)
                constants[round][i] = grain.NextElement();
        }
        Matrix = DrawCauchyMatrix(grain, width);
        (Sparse, PreSparse, PartialConstants) = Factor(constants);
        FullConstants = [.. constants[..(FullRounds / 2)], .. constants[(FullRounds / 2 + PartialRounds)..]];
    }

    /// <summary>State elements: inputs + 1.</summary>
    public int Width { get; }

    public int PartialRounds { get; }

    /// <summary>The MDS matrix M, row by row.</summary>
    public Fr[] Matrix { get; }

    /// <summary>Constants of the eight full rounds, one row each.</summary>
    public Fr[][] FullConstants { get; }

    /// <summary>The matrix of the last full round before the partial ones, row by row.</summary>
    public Fr[] PreSparse { get; }

    /// <summary>One constant per partial round, for the first element.</summary>
    public Fr[] PartialConstants { get; }

    /// <summary>Per partial round the first row (Width elements), then the first column without its head.</summary>
    public Fr[] Sparse { get; }

    public static PoseidonParameters ForInputs(int count) => ByWidth[count - 1].Value;

    /// <summary>M[i][j] = 1/(x_i + y_j).</summary>
    private static Fr[] DrawCauchyMatrix(GrainLfsr grain, int width)
    {
        var drawn = new Fr[2 * width];
        for (var i = 0; i < drawn.Length; i++)
            drawn[i] = grain.NextReduced();
        var matrix = new Fr[width * width];
        for (var i = 0; i < width; i++)
        {
            for (var j = 0; j < width; j++)
                matrix[i * width + j] = (drawn[i] + drawn[width + j]).Inverse();
        }
        return matrix;
    }

    /// <summary>
    /// Walks the partial rounds backwards to factor their matrices, then forwards to gather the constants of all but the
    /// first element in the first full round after them (written back into <paramref name="constants"/>).
    /// </summary>
    private (Fr[] Sparse, Fr[] PreSparse, Fr[] PartialConstants) Factor(Fr[][] constants)
    {
        var (width, inner) = (Width, Width - 1);
        var stride = 2 * width - 1;
        var sparse = new Fr[PartialRounds * stride];
        var moved = new Fr[PartialRounds][];
        var current = (Fr[])Matrix.Clone();
        for (var round = PartialRounds - 1; round >= 0; round--)
        {
            var block = new Fr[inner * inner];
            for (var i = 0; i < inner; i++)
                Array.Copy(current, (i + 1) * width + 1, block, i * inner, inner);
            var inverse = SquareMatrix.Invert(block, inner);
            var row = sparse.AsSpan(round * stride, stride);
            row[0] = current[0];
            for (var j = 0; j < inner; j++)
            {
                var sum = Fr.Zero;
                for (var k = 0; k < inner; k++)
                    sum += current[1 + k] * inverse[k * inner + j];
                row[1 + j] = sum;
                row[width + j] = current[(j + 1) * width];
            }
            var right = SquareMatrix.Embed(block, inner);
            moved[round] = SquareMatrix.Apply(right, constants[FullRounds / 2 + round], width);
            current = SquareMatrix.Multiply(right, Matrix, width);
        }

        var partial = new Fr[PartialRounds];
        var carried = new Fr[width];
        for (var round = 0; round < PartialRounds; round++)
        {
            for (var i = 0; i < width; i++)
                carried[i] += moved[round][i];
            partial[round] = carried[0];
            carried[0] = Fr.Zero;
            carried = ApplySparse(sparse.AsSpan(round * stride, stride), carried);
        }
        var next = constants[FullRounds / 2 + PartialRounds];
        for (var i = 0; i < width; i++)
            next[i] += carried[i];
        return (sparse, current, partial);
    }

    private static Fr[] ApplySparse(ReadOnlySpan<Fr> row, Fr[] state)
    {
        var width = state.Length;
        var result = new Fr[width];
        for (var j = 0; j < width; j++)
            result[0] += row[j] * state[j];
        for (var i = 1; i < width; i++)
            result[i] = row[width + i - 1] * state[0] + state[i];
        return result;
    }
}
