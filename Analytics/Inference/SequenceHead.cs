using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MedLedger.Analytics.Inference;

/// <summary>A typed run of tokens of a sentence.</summary>
/// <param name="First">First token.</param>
/// <param name="End">One past the last token.</param>
/// <param name="Type">The head's type.</param>
/// <param name="Score">Probability of exactly this run and type under the CRF; runs are weighed by it.</param>
/// <param name="Calibrated">The share of findings with this score that are right; what the caller is told.</param>
internal readonly record struct TokenRun(int First, int End, string Type, double Score, double Calibrated);

/// <summary>
/// Reads one head's emissions: Viterbi for the best BIOES path, forward and backward sums for the probability of each run
/// in it. Linear-chain CRF: p(y|x) ~ exp(first[y1] + sum e[t,yt] + sum step[yt-1,yt] + last[yT]). Rows are padded to whole
/// vectors with labels that nothing leads to.
/// </summary>
internal sealed class SequenceHead
{
    private const float Never = -1e9f;
    private static readonly int Lanes = Vector256<float>.Count;

    private readonly HeadTable _table;
    private readonly int _size;
    private readonly int _padded;
    private readonly int _columns;
    private readonly string[] _types;
    private readonly char[] _positions;
    private readonly float[] _step;
    private readonly float[] _stepWeights;
    private readonly float[] _backWeights;

    public SequenceHead(HeadTable table, int columns)
    {
        _table = table;
        _columns = columns;
        _size = table.Labels.Count;
        _padded = (_size + Lanes - 1) / Lanes * Lanes;
        if (
            table.Step.Length != _size
            || table.Step.Any(r => r.Length != _size)
            || table.First.Length != _size
            || table.Last.Length != _size
            || table.Labels.Any(l => l.Length == 0)
        )
            throw new InvalidDataException("A head of the model has tables of the wrong size.");
        _positions = [.. table.Labels.Select(l => l[0])];
        _types = [.. table.Labels.Select(l => l.Length > 2 ? string.Intern(l[2..]) : "")];
        _step = new float[_size * _padded];
        _stepWeights = new float[_size * _padded];
        _backWeights = new float[_size * _padded];
        Array.Fill(_step, Never);
        for (var from = 0; from < _size; from++)
        {
            for (var to = 0; to < _size; to++)
            {
                var score = table.Step[from][to];
                _step[(from * _padded) + to] = score;
                _stepWeights[(from * _padded) + to] = MathF.Exp(score);
                _backWeights[(to * _padded) + from] = MathF.Exp(score);
            }
        }
    }

    /// <summary>The runs of the best path, in order.</summary>
    public List<TokenRun> Decode(SequenceDecoder decoder, float[] emissions)
    {
        var length = emissions.Length / _columns;
        var runs = new List<TokenRun>();
        var path = decoder.Path(length);
        if (!BestPath(decoder, emissions, path))
            return runs;
        var total = Sums(decoder, emissions, length);
        var first = 0;
        for (var t = 0; t < length; t++)
        {
            var position = _positions[path[t]];
            if (position is 'B' or 'S')
                first = t;
            if (position is 'E' or 'S')
            {
                var score = Probability(decoder, path, first, t, total);
                runs.Add(new TokenRun(first, t + 1, _types[path[t]], score, _table.Calibration.Of(score)));
            }
        }
        return runs;
    }

    /// <summary>
    /// Runs of tokens of which each is of one type with at least this probability, whatever the best path says: for who would
    /// rather have too much than miss something. A run's score is its surest token's probability, not calibrated.
    /// </summary>
    public List<TokenRun> Likely(SequenceDecoder decoder, float[] emissions, double least)
    {
        var length = emissions.Length / _columns;
        var total = Sums(decoder, emissions, length);
        var forward = decoder.Forward(length * _padded);
        var backward = decoder.Backward(length * _padded);
        var runs = new List<TokenRun>();
        for (var t = 0; t < length; t++)
        {
            var scale = Math.Exp(decoder.ForwardLog(length)[t] + decoder.BackwardLog(length)[t] - total);
            // The labels of a type stand together.
            for (var y = 0; y < _size; )
            {
                var type = _types[y];
                double sum = 0;
                for (; y < _size && ReferenceEquals(_types[y], type); y++)
                    sum += (double)forward[(t * _padded) + y] * backward[(t * _padded) + y];
                sum *= scale;
                if (type.Length == 0 || sum < least)
                    continue;
                if (runs.Count > 0 && runs[^1].End == t && ReferenceEquals(runs[^1].Type, type))
                    runs[^1] = runs[^1] with
                    {
                        End = t + 1,
                        Score = Math.Max(runs[^1].Score, sum),
                        Calibrated = Math.Max(runs[^1].Score, sum),
                    };
                else
                    runs.Add(new TokenRun(t, t + 1, type, sum, sum));
            }
        }
        return runs;
    }

    /// <summary>The probability of a given run, whether or not it is on the best path; null when the head has no such type.</summary>
    public double? Probability(SequenceDecoder decoder, float[] emissions, int first, int end, string type)
    {
        var path = decoder.Path(emissions.Length / _columns);
        for (var t = first; t < end; t++)
        {
            var position =
                end - first == 1 ? 'S'
                : t == first ? 'B'
                : t == end - 1 ? 'E'
                : 'I';
            path[t] = IndexOf(position, type);
            if (path[t] < 0)
                return null;
        }
        return Probability(decoder, path, first, end - 1, Sums(decoder, emissions, path.Length));
    }

    private int IndexOf(char position, string type)
    {
        for (var i = 0; i < _size; i++)
        {
            if (_positions[i] == position && string.Equals(_types[i], type, StringComparison.Ordinal))
                return i;
        }
        return -1;
    }

    private ReadOnlySpan<float> Row(float[] emissions, int t) =>
        emissions.AsSpan((t * _columns) + _table.Offset, _size);

    /// <summary>Viterbi. False when every token of the best path is outside.</summary>
    private bool BestPath(SequenceDecoder decoder, float[] emissions, Span<int> path)
    {
        var length = path.Length;
        var back = decoder.Back(length * _padded);
        Span<float> best = stackalloc float[_padded];
        Span<float> next = stackalloc float[_padded];
        best.Fill(Never);
        next.Fill(Never);
        var row = Row(emissions, 0);
        for (var y = 0; y < _size; y++)
            best[y] = _table.First[y] + row[y];
        ref var step = ref MemoryMarshal.GetArrayDataReference(_step);
        for (var t = 1; t < length; t++)
        {
            for (var block = 0; block < _padded; block += Lanes)
            {
                var top = Vector256.Create(best[0]) + Vector256.LoadUnsafe(ref step, (nuint)block);
                var from = Vector256<int>.Zero;
                for (var x = 1; x < _size; x++)
                {
                    var score =
                        Vector256.Create(best[x]) + Vector256.LoadUnsafe(ref step, (nuint)((x * _padded) + block));
                    var better = Vector256.GreaterThan(score, top);
                    top = Vector256.Max(top, score);
                    from = Vector256.ConditionalSelect(better.AsInt32(), Vector256.Create(x), from);
                }
                top.CopyTo(next[block..]);
                from.CopyTo(back[((t * _padded) + block)..]);
            }
            row = Row(emissions, t);
            for (var y = 0; y < _size; y++)
                best[y] = next[y] + row[y];
        }
        var last = 0;
        for (var y = 1; y < _size; y++)
        {
            if (best[y] + _table.Last[y] > best[last] + _table.Last[last])
                last = y;
        }
        var inside = false;
        for (var t = length - 1; t >= 0; t--)
        {
            path[t] = last;
            inside |= last != 0;
            last = back[(t * _padded) + last];
        }
        return inside;
    }

    /// <summary>
    /// Forward and backward sums, each row scaled to one with its scale kept as a logarithm. Emissions are taken less
    /// their row's largest, which is in every path alike. Returns the logarithm of the sum over all paths.
    /// </summary>
    private double Sums(SequenceDecoder decoder, float[] emissions, int length)
    {
        var size = length * _padded;
        var weights = decoder.Weights(size);
        var forward = decoder.Forward(size);
        var backward = decoder.Backward(size);
        var forwardLog = decoder.ForwardLog(length);
        var backwardLog = decoder.BackwardLog(length);
        for (var t = 0; t < length; t++)
            Exponentials(Row(emissions, t), weights.Slice(t * _padded, _padded));
        var ahead = forward[.._padded];
        var behind = backward.Slice((length - 1) * _padded, _padded);
        ahead.Clear();
        behind.Clear();
        for (var y = 0; y < _size; y++)
        {
            ahead[y] = MathF.Exp(_table.First[y]) * weights[y];
            behind[y] = MathF.Exp(_table.Last[y]);
        }
        forwardLog[0] = Scale(ahead);
        backwardLog[length - 1] = Scale(behind);
        for (var t = 1; t < length; t++)
        {
            var row = forward.Slice(t * _padded, _padded);
            Product(forward.Slice((t - 1) * _padded, _padded), _stepWeights, row);
            Times(row, weights.Slice(t * _padded, _padded), row);
            forwardLog[t] = forwardLog[t - 1] + Scale(row);
        }
        Span<float> following = stackalloc float[_padded];
        for (var t = length - 2; t >= 0; t--)
        {
            var row = backward.Slice(t * _padded, _padded);
            Times(backward.Slice((t + 1) * _padded, _padded), weights.Slice((t + 1) * _padded, _padded), following);
            Product(following, _backWeights, row);
            backwardLog[t] = backwardLog[t + 1] + Scale(row);
        }
        double dot = 0;
        for (var y = 0; y < _size; y++)
            dot += (double)forward[y] * backward[y];
        return forwardLog[0] + Math.Log(dot) + backwardLog[0];
    }

    /// <summary>The share of all label paths that have exactly the labels of the run, ends included.</summary>
    private double Probability(SequenceDecoder decoder, ReadOnlySpan<int> path, int first, int last, double total)
    {
        var size = path.Length * _padded;
        var weights = decoder.Weights(size);
        var forward = decoder.Forward(size);
        var backward = decoder.Backward(size);
        var log = decoder.ForwardLog(path.Length)[first] + Math.Log(forward[(first * _padded) + path[first]]);
        for (var t = first + 1; t <= last; t++)
        {
            log += _table.Step[path[t - 1]][path[t]];
            log += Math.Log(weights[(t * _padded) + path[t]]);
        }
        log += decoder.BackwardLog(path.Length)[last] + Math.Log(backward[(last * _padded) + path[last]]);
        var probability = Math.Exp(log - total);
        return double.IsFinite(probability) ? Math.Clamp(probability, 0, 1) : 0;
    }

    private static void Exponentials(ReadOnlySpan<float> row, Span<float> weights)
    {
        var most = float.NegativeInfinity;
        foreach (var v in row)
            most = Math.Max(most, v);
        weights.Fill(Never);
        for (var y = 0; y < row.Length; y++)
            weights[y] = row[y] - most;
        for (var block = 0; block < weights.Length; block += Lanes)
            Vector256.Exp(Vector256.Create<float>(weights[block..])).CopyTo(weights[block..]);
    }

    // row[y] = sum over x of vector[x] * matrix[x, y].
    private void Product(ReadOnlySpan<float> vector, float[] matrix, Span<float> row)
    {
        ref var weights = ref MemoryMarshal.GetArrayDataReference(matrix);
        for (var block = 0; block < _padded; block += Lanes)
        {
            var sum = Vector256<float>.Zero;
            for (var x = 0; x < _size; x++)
            {
                var entry = Vector256.LoadUnsafe(ref weights, (nuint)((x * _padded) + block));
                sum = Vector256.MultiplyAddEstimate(Vector256.Create(vector[x]), entry, sum);
            }
            sum.CopyTo(row[block..]);
        }
    }

    private static void Times(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> product)
    {
        for (var block = 0; block < product.Length; block += Lanes)
            (Vector256.Create<float>(a[block..]) * Vector256.Create<float>(b[block..])).CopyTo(product[block..]);
    }

    private static double Scale(Span<float> row)
    {
        var sums = Vector256<float>.Zero;
        for (var block = 0; block < row.Length; block += Lanes)
            sums += Vector256.Create<float>(row[block..]);
        var sum = Vector256.Sum(sums);
        var scale = Vector256.Create(1 / sum);
        for (var block = 0; block < row.Length; block += Lanes)
            (Vector256.Create<float>(row[block..]) * scale).CopyTo(row[block..]);
        return Math.Log(sum);
    }
}
