using TorchSharp;

namespace Distributed.Tensors.Processor;

/// <summary>Prepares threads that compute with tensors.</summary>
public static class ComputeThread
{
    /// <summary>
    /// Sets the number of threads that operators and kernels of the calling thread use, and makes the heap keep freed memory.
    /// </summary>
    /// <param name="threads">Number of threads, at least 1.</param>
    public static void Prepare(int threads)
    {
        NativeHeap.KeepFreedMemory();
        torch.set_num_threads(threads);
    }
}
