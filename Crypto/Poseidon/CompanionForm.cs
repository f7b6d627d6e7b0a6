using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Poseidon;

/// <summary>
/// Poseidon's partial rounds with few constants, for a machine that pays for each byte of code. Write a partial round
/// as s' = m f + v u, u' = w f + N u, where M = [[m, v], [w, N]], f = (s + c)^5, and u is the rest of the state. In the
/// basis T of the controllable canonical form, z = T^-1 u obeys z_i' = z_(i+1), z_n' = f - sum of a_i z_(i+1), with
/// x^n + a_(n-1) x^(n-1) + ... + a_0 the characteristic polynomial of N: a round costs 2 n + 1 multiplications, all
/// by constants that are the same in every round.
/// </summary>
internal sealed class CompanionForm
{
    private const int Half = PoseidonParameters.FullRounds / 2;
    private readonly Fr[] _block;

    public CompanionForm(int inputs)
    {
        var parameters = PoseidonParameters.ForInputs(inputs);
        (Inner, Matrix) = (inputs, parameters.Matrix);
        _block = new Fr[inputs * inputs];
        var row = new Fr[inputs];
        var column = new Fr[inputs];
        for (var i = 0; i < inputs; i++)
        {
            row[i] = Matrix[1 + i];
            column[i] = Matrix[(i + 1) * Width];
            Array.Copy(Matrix, (i + 1) * Width + 1, _block, i * inputs, inputs);
        }
        Characteristic = CharacteristicPolynomial(_block, inputs);
        Exit = ControllableBasis(column);
        var entry = SquareMatrix.Embed(SquareMatrix.Invert(Exit, inputs), inputs);
        PreMatrix = SquareMatrix.Multiply(entry, Matrix, Width);
        Output = new Fr[inputs];
        for (var j = 0; j < inputs; j++)
        for (var i = 0; i < inputs; i++)
            Output[j] += row[i] * Exit[i * inputs + j];
        (FullConstants, PartialConstants) = Constants(parameters.PartialRounds, row);
    }

    /// <summary>Number of inputs, n.</summary>
    public int Inner { get; }

    public int Width => Inner + 1;

    /// <summary>The MDS matrix M, row by row.</summary>
    public Fr[] Matrix { get; }

    /// <summary>[[1, 0], [0, T^-1]] M: the matrix of the last full round before the partial ones.</summary>
    public Fr[] PreMatrix { get; }

    /// <summary>a_0 to a_(n-1).</summary>
    public Fr[] Characteristic { get; }

    /// <summary>v T.</summary>
    public Fr[] Output { get; }

    /// <summary>T, row by row: takes z back to u after the partial rounds.</summary>
    public Fr[] Exit { get; }

    /// <summary>Constants of the eight full rounds, one row each.</summary>
    public Fr[][] FullConstants { get; }

    /// <summary>One constant a partial round, for the first element.</summary>
    public Fr[] PartialConstants { get; }

    /// <summary>Faddeev-LeVerrier: K_1 = N, a_(n-k) = -tr(K_k)/k, K_(k+1) = N (K_k + a_(n-k) I).</summary>
    private static Fr[] CharacteristicPolynomial(Fr[] block, int size)
    {
        var coefficients = new Fr[size];
        var current = (Fr[])block.Clone();
        for (var k = 1; k <= size; k++)
        {
            var trace = Fr.Zero;
            for (var i = 0; i < size; i++)
                trace += current[i * size + i];
            var coefficient = -(trace * Fr.From((ulong)k).Inverse());
            coefficients[size - k] = coefficient;
            for (var i = 0; i < size; i++)
                current[i * size + i] += coefficient;
            current = SquareMatrix.Multiply(block, current, size);
        }
        return coefficients;
    }

    /// <summary>Columns t_n = w, t_i = N t_(i+1) + a_i w; then N t_1 = -a_0 w by the Cayley-Hamilton theorem.</summary>
    private Fr[] ControllableBasis(Fr[] column)
    {
        var basis = new Fr[Inner * Inner];
        var current = column;
        for (var j = Inner - 1; j >= 0; j--)
        {
            for (var i = 0; i < Inner; i++)
                basis[i * Inner + j] = current[i];
            if (j == 0)
                break;
            current = SquareMatrix.Apply(_block, current, Inner);
            for (var i = 0; i < Inner; i++)
                current[i] += Characteristic[j] * column[i];
        }
        return basis;
    }

    /// <summary>What a partial round adds to u passes linearly: it is carried to later rounds' first element and out.</summary>
    private (Fr[][] Full, Fr[] Partial) Constants(int partialRounds, Fr[] row)
    {
        var grain = new GrainLfsr(Width, PoseidonParameters.FullRounds, partialRounds);
        var all = new Fr[PoseidonParameters.FullRounds + partialRounds][];
        for (var round = 0; round < all.Length; round++)
        {
            all[round] = new Fr[Width];
            for (var i = 0; i < Width; i++)
                all[round][i] = grain.NextElement();
        }

        var partial = new Fr[partialRounds];
        var carried = new Fr[Inner];
        var first = Fr.Zero;
        for (var round = 0; round < partialRounds; round++)
        {
            var constants = all[Half + round];
            partial[round] = constants[0] + first;
            first = Fr.Zero;
            for (var i = 0; i < Inner; i++)
            {
                carried[i] += constants[1 + i];
                first += row[i] * carried[i];
            }
            carried = SquareMatrix.Apply(_block, carried, Inner);
        }
        var next = all[Half + partialRounds];
        next[0] += first;
        for (var i = 0; i < Inner; i++)
            next[1 + i] += carried[i];
        return ([.. all[..Half], .. all[(Half + partialRounds)..]], partial);
    }
}
