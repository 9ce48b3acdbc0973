using TorchSharp;

namespace Distributed.Tensors.Processor;

/// <summary>A thread that computes with tensors.</summary>
public static class ComputeThread
{
    /// <summary>Makes the calling thread one: sets how many threads its operators and kernels use, and the heap to keep what is freed.</summary>
    /// <param name="threads">At least 1.</param>
    public static void Prepare(int threads)
    {
        NativeHeap.KeepFreedMemory();
        torch.set_num_threads(threads);
    }
}
