namespace MedLedger.Analytics.Inference;

/// <summary>A typed run of tokens of a sentence.</summary>
/// <param name="First">First token.</param>
/// <param name="End">One past the last token.</param>
/// <param name="Type">The head's type.</param>
/// <param name="Score">Probability of exactly this run and type under the CRF.</param>
internal readonly record struct TokenRun(int First, int End, string Type, double Score);

/// <summary>
/// Reads one head's emissions: Viterbi for the best BIOES path, forward and backward sums for the probability of each run
/// in it. Linear-chain CRF: p(y|x) ~ exp(first[y1] + sum e[t,yt] + sum step[yt-1,yt] + last[yT]).
/// </summary>
internal sealed class SequenceHead
{
    private readonly HeadTable _table;
    private readonly int _size;
    private readonly float[] _intoLabel;
    private readonly float[] _stepWeights;
    private readonly float[] _intoWeights;
    private readonly int _columns;
    private readonly float _temperature;

    public SequenceHead(HeadTable table, int columns)
    {
        _table = table;
        _columns = columns;
        _size = table.Labels.Count;
        _temperature = table.Temperature is { } t and > 0 ? t : 1;
        if (table.Step.Length != _size || table.Step.Any(r => r.Length != _size) || table.Last.Length != _size)
            throw new InvalidDataException("A head of the model has tables of the wrong size.");
        _intoLabel = new float[_size * _size];
        _stepWeights = new float[_size * _size];
        _intoWeights = new float[_size * _size];
        for (var from = 0; from < _size; from++)
        {
            for (var to = 0; to < _size; to++)
            {
                var score = table.Step[from][to];
                _intoLabel[(to * _size) + from] = score;
                _stepWeights[(from * _size) + to] = MathF.Exp(score / _temperature);
                _intoWeights[(to * _size) + from] = _stepWeights[(from * _size) + to];
            }
        }
    }

    public string Name => _table.Name;

    /// <summary>The runs of the best path, in order.</summary>
    public List<TokenRun> Decode(float[] emissions)
    {
        var length = emissions.Length / _columns;
        var runs = new List<TokenRun>();
        var path = BestPath(emissions, length);
        if (Array.TrueForAll(path, y => y == 0))
            return runs;
        var chain = new Chain(this, emissions, length);
        var first = 0;
        for (var t = 0; t < length; t++)
        {
            var label = _table.Labels[path[t]];
            if (label[0] is 'B' or 'S')
                first = t;
            if (label[0] is 'E' or 'S')
                runs.Add(new TokenRun(first, t + 1, label[2..], chain.Probability(path, first, t)));
        }
        return runs;
    }

    /// <summary>The probability of a given run, whether or not it is on the best path; null when the head has no such type.</summary>
    public double? Probability(float[] emissions, int first, int end, string type)
    {
        var path = new int[emissions.Length / _columns];
        for (var t = first; t < end; t++)
        {
            var position =
                end - first == 1 ? 'S'
                : t == first ? 'B'
                : t == end - 1 ? 'E'
                : 'I';
            path[t] = IndexOf($"{position}-{type}");
            if (path[t] < 0)
                return null;
        }
        return new Chain(this, emissions, path.Length).Probability(path, first, end - 1);
    }

    private int IndexOf(string label)
    {
        for (var i = 0; i < _size; i++)
        {
            if (string.Equals(_table.Labels[i], label, StringComparison.Ordinal))
                return i;
        }
        return -1;
    }

    private ReadOnlySpan<float> Row(float[] emissions, int t) =>
        emissions.AsSpan((t * _columns) + _table.Offset, _size);

    private int[] BestPath(float[] emissions, int length)
    {
        var back = new int[length * _size];
        var best = new float[_size];
        var next = new float[_size];
        var row = Row(emissions, 0);
        for (var y = 0; y < _size; y++)
            best[y] = _table.First[y] + row[y];
        for (var t = 1; t < length; t++)
        {
            row = Row(emissions, t);
            for (var y = 0; y < _size; y++)
            {
                var into = _intoLabel.AsSpan(y * _size, _size);
                var from = 0;
                var top = float.NegativeInfinity;
                for (var x = 0; x < into.Length; x++)
                {
                    var score = best[x] + into[x];
                    if (score > top)
                    {
                        top = score;
                        from = x;
                    }
                }
                next[y] = top + row[y];
                back[(t * _size) + y] = from;
            }
            (best, next) = (next, best);
        }
        var last = 0;
        for (var y = 1; y < _size; y++)
        {
            if (best[y] + _table.Last[y] > best[last] + _table.Last[last])
                last = y;
        }
        var path = new int[length];
        for (var t = length - 1; t >= 0; t--)
        {
            path[t] = last;
            last = back[(t * _size) + last];
        }
        return path;
    }

    /// <summary>Forward and backward sums of one sentence, each row scaled to one; scales are kept as logarithms.</summary>
    private sealed class Chain
    {
        private readonly SequenceHead _head;
        private readonly int _size;
        private readonly double[] _forward;
        private readonly double[] _backward;
        private readonly double[] _weights;
        private readonly double[] _forwardLog;
        private readonly double[] _backwardLog;
        private readonly double _total;

        public Chain(SequenceHead head, float[] emissions, int length)
        {
            _head = head;
            _size = head._size;
            _forward = new double[length * _size];
            _backward = new double[length * _size];
            _weights = new double[length * _size];
            _forwardLog = new double[length];
            _backwardLog = new double[length];
            var temperature = head._temperature;
            for (var t = 0; t < length; t++)
            {
                var row = head.Row(emissions, t);
                for (var y = 0; y < _size; y++)
                    _weights[(t * _size) + y] = Math.Exp(row[y] / temperature);
            }
            for (var y = 0; y < _size; y++)
            {
                _forward[y] = Math.Exp(head._table.First[y] / temperature) * _weights[y];
                _backward[((length - 1) * _size) + y] = Math.Exp(head._table.Last[y] / temperature);
            }
            _forwardLog[0] = Scale(_forward.AsSpan(0, _size));
            _backwardLog[length - 1] = Scale(_backward.AsSpan((length - 1) * _size, _size));
            for (var t = 1; t < length; t++)
                _forwardLog[t] = _forwardLog[t - 1] + Forward(t);
            for (var t = length - 2; t >= 0; t--)
                _backwardLog[t] = _backwardLog[t + 1] + Backward(t);
            _total = _forwardLog[0] + Math.Log(Dot(0)) + _backwardLog[0];
        }

        /// <summary>The share of all label paths that have exactly the labels of the run, ends included.</summary>
        public double Probability(int[] path, int first, int last)
        {
            var log = _forwardLog[first] + Math.Log(_forward[(first * _size) + path[first]]);
            for (var t = first + 1; t <= last; t++)
            {
                log += Math.Log(_head._stepWeights[(path[t - 1] * _size) + path[t]]);
                log += Math.Log(_weights[(t * _size) + path[t]]);
            }
            log += _backwardLog[last] + Math.Log(_backward[(last * _size) + path[last]]);
            var probability = Math.Exp(log - _total);
            return double.IsFinite(probability) ? Math.Clamp(probability, 0, 1) : 0;
        }

        private double Forward(int t)
        {
            var previous = _forward.AsSpan((t - 1) * _size, _size);
            var row = _forward.AsSpan(t * _size, _size);
            for (var y = 0; y < _size; y++)
            {
                var into = _head._intoWeights.AsSpan(y * _size, _size);
                double sum = 0;
                for (var x = 0; x < into.Length; x++)
                    sum += previous[x] * into[x];
                row[y] = sum * _weights[(t * _size) + y];
            }
            return Scale(row);
        }

        private double Backward(int t)
        {
            var following = _backward.AsSpan((t + 1) * _size, _size);
            var weights = _weights.AsSpan((t + 1) * _size, _size);
            var row = _backward.AsSpan(t * _size, _size);
            for (var x = 0; x < _size; x++)
            {
                var step = _head._stepWeights.AsSpan(x * _size, _size);
                double sum = 0;
                for (var y = 0; y < step.Length; y++)
                    sum += step[y] * weights[y] * following[y];
                row[x] = sum;
            }
            return Scale(row);
        }

        private double Dot(int t)
        {
            double sum = 0;
            for (var y = 0; y < _size; y++)
                sum += _forward[(t * _size) + y] * _backward[(t * _size) + y];
            return sum;
        }

        private static double Scale(Span<double> row)
        {
            double sum = 0;
            foreach (var v in row)
                sum += v;
            foreach (ref var v in row)
                v /= sum;
            return Math.Log(sum);
        }
    }
}
