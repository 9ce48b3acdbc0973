using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Distributed.Parallel.Collectives;

/// <summary>Where a tensor's elements lie.</summary>
internal static class TensorMemory
{
    /// <summary>
    /// The address of the first element of a contiguous CPU tensor, its storage offset included; zero when it
    /// has none. Valid as long as the tensor is. Looks at one element only, as a span ends at 2 GiB.
    /// </summary>
    public static unsafe nint Pointer(Tensor tensor)
    {
        if (tensor.numel() == 0) return 0;
        using var detached = tensor.detach();
        using var flat = detached.view(-1);
        using var first = flat.narrow(0, 0, 1);
        return (nint)Unsafe.AsPointer(ref first.bytes[0]); // native memory: the collector does not move it
    }
}
