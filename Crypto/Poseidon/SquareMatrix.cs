using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Poseidon;

/// <summary>Small matrices over Fr, row by row, for making Poseidon's constants.</summary>
internal static class SquareMatrix
{
    /// <summary>[[1, 0], [0, block]].</summary>
    public static Fr[] Embed(Fr[] block, int size)
    {
        var width = size + 1;
        var result = new Fr[width * width];
        result[0] = Fr.One;
        for (var i = 0; i < size; i++)
            Array.Copy(block, i * size, result, (i + 1) * width + 1, size);
        return result;
    }

    public static Fr[] Multiply(Fr[] left, Fr[] right, int size)
    {
        var result = new Fr[size * size];
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++)
            {
                var sum = Fr.Zero;
                for (var k = 0; k < size; k++)
                    sum += left[i * size + k] * right[k * size + j];
                result[i * size + j] = sum;
            }
        }
        return result;
    }

    public static Fr[] Apply(Fr[] matrix, Fr[] vector, int size)
    {
        var result = new Fr[size];
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++)
                result[i] += matrix[i * size + j] * vector[j];
        }
        return result;
    }

    /// <summary>Gauss-Jordan elimination. Every square part of a Cauchy matrix is invertible, and so are the products met here.</summary>
    public static Fr[] Invert(Fr[] matrix, int size)
    {
        var work = (Fr[])matrix.Clone();
        var result = new Fr[size * size];
        for (var i = 0; i < size; i++)
            result[i * size + i] = Fr.One;
        for (var column = 0; column < size; column++)
        {
            var pivot = column;
            while (work[pivot * size + column].IsZero)
                pivot++;
            for (var j = 0; j < size && pivot != column; j++)
            {
                (work[pivot * size + j], work[column * size + j]) = (work[column * size + j], work[pivot * size + j]);
                (result[pivot * size + j], result[column * size + j]) = (
                    result[column * size + j],
                    result[pivot * size + j]
                );
            }
            var scale = work[column * size + column].Inverse();
            for (var j = 0; j < size; j++)
            {
                work[column * size + j] *= scale;
                result[column * size + j] *= scale;
            }
            for (var i = 0; i < size; i++)
            {
                var factor = work[i * size + column];
                if (i == column || factor.IsZero)
                    continue;
                for (var j = 0; j < size; j++)
                {
                    work[i * size + j] -= factor * work[column * size + j];
                    result[i * size + j] -= factor * result[column * size + j];
                }
            }
        }
        return result;
    }
}
