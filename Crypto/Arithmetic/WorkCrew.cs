using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>
/// Runs numbered pieces of work on the calling thread and on threads of its own, so that a long proof never occupies the
/// thread pool of a server. Between two pieces it looks at the cancellation; a piece of more than a few
/// milliseconds looks at it itself.
/// </summary>
internal sealed class WorkCrew(int threads, CancellationToken cancel, bool? vectors = null, BlockPool? memory = null)
{
    /// <summary>Set to <c>scalar</c>, this environment variable turns the vector path off.</summary>
    public const string PathVariable = "MEDLEDGER_ARITHMETIC";

    /// <summary>Whether this processor has what the vector path needs.</summary>
    public static bool VectorsAreSupported { get; } =
        Avx512F.IsSupported && Avx512DQ.IsSupported && Vector512.IsHardwareAccelerated;

    /// <summary>Whether the vector path is used where nobody says otherwise.</summary>
    public static bool VectorsByDefault { get; } =
        VectorsAreSupported && Environment.GetEnvironmentVariable(PathVariable) != "scalar";

    /// <summary>Whether sums of multiples of points and transforms work on eight lanes. Both paths give the same points.</summary>
    public bool UseVectors { get; } = vectors ?? VectorsByDefault;

    public int Threads { get; } = Math.Max(1, threads);

    public CancellationToken Cancel { get; } = cancel;

    /// <summary>What the work takes its large blocks of memory from; null for the system.</summary>
    public BlockPool? Memory { get; } = memory;

    /// <summary>Runs body(0) .. body(count - 1), each once, in any order; returns when all are done.</summary>
    /// <exception cref="OperationCanceledException">The work was cancelled between two pieces.</exception>
    public void Run(int count, Action<int> body)
    {
        var next = -1;
        Exception? failure = null;
        void Work()
        {
            try
            {
                for (int i; (i = Interlocked.Increment(ref next)) < count; )
                {
                    Cancel.ThrowIfCancellationRequested();
                    body(i);
                }
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref failure, exception, null);
                Interlocked.Exchange(ref next, count);
            }
        }

        var helpers = new Thread[Math.Min(Threads, count) - 1 is var extra and > 0 ? extra : 0];
        for (var i = 0; i < helpers.Length; i++)
        {
            helpers[i] = new Thread(Work) { IsBackground = true, Name = "proof" };
            helpers[i].Start();
        }
        Work();
        foreach (var helper in helpers)
            helper.Join();
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }
}
