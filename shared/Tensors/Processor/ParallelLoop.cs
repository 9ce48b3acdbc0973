using System.Runtime.InteropServices;

namespace Distributed.Tensors.Processor;

/// <summary>
/// Distributes a range over the threads that libtorch computes with (<c>torch.set_num_threads</c> of the calling thread). These are the
/// OpenMP runtime's threads, so kernels and libtorch's operators do not compete for cores; a call costs 1 to 2 µs. Without that runtime
/// the calling thread processes the whole range.
/// </summary>
internal static unsafe class ParallelLoop
{
    private static readonly delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void> GompParallel =
        (delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void>)TorchLibrary.Find("GOMP_parallel");

    private static readonly delegate* unmanaged<int> OmpGetMaxThreads = (delegate* unmanaged<int>)TorchLibrary.Find("omp_get_max_threads");
    private static readonly delegate* unmanaged<int> OmpGetThreadNum = (delegate* unmanaged<int>)TorchLibrary.Find("omp_get_thread_num");
    private static readonly delegate* unmanaged<int> OmpGetNumThreads = (delegate* unmanaged<int>)TorchLibrary.Find("omp_get_num_threads");

    /// <summary>Number of threads that a loop of the calling thread runs on.</summary>
    public static int Threads =>
        GompParallel is null || OmpGetMaxThreads is null || OmpGetThreadNum is null || OmpGetNumThreads is null ? 1 : OmpGetMaxThreads();

    /// <summary>Calls <paramref name="body"/> with disjoint ranges [begin, end) that cover [0, count).</summary>
    /// <param name="body">Processes a range; must not throw, since it runs below native frames.</param>
    /// <param name="state">First argument of the body.</param>
    /// <param name="count">Number of items.</param>
    /// <param name="grain">Minimum number of items per thread, above 0.</param>
    public static void Run(delegate*<void*, long, long, void> body, void* state, long count, long grain)
    {
        var threads = count <= grain ? 1 : (int)Math.Min(Threads, (count + grain - 1) / grain);
        if (threads <= 1)
        {
            body(state, 0, count);
            return;
        }

        var work = new Work { Body = body, State = state, Count = count };
        GompParallel(&Part, &work, (uint)threads, 0);
    }

    [UnmanagedCallersOnly]
    private static void Part(void* data)
    {
        var work = (Work*)data;
        // The runtime may provide fewer threads than requested: within another loop, or by its limits.
        long thread = OmpGetThreadNum(), threads = OmpGetNumThreads();
        var (begin, end) = (work->Count * thread / threads, work->Count * (thread + 1) / threads);
        if (begin < end) work->Body(work->State, begin, end);
    }

    private struct Work
    {
        public delegate*<void*, long, long, void> Body;
        public void* State;
        public long Count;
    }
}
