using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Distributed.Tensors.Processor;

/// <summary>The instruction sets that this process uses; environment variables can restrict them.</summary>
public static unsafe class InstructionSets
{
    /// <summary>Width of the registers that the project's kernels use, in bits: 512, 256 or 128.</summary>
    public static int VectorBits => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

    /// <summary>
    /// The level of libtorch's operators: <c>AVX512</c>, <c>AVX2</c> or <c>DEFAULT</c>; null if the build does not export it.
    /// </summary>
    public static string? Libtorch
    {
        get
        {
            var capability = (delegate* unmanaged<nint*, nint*>)TorchLibrary.Find("_ZN2at18get_cpu_capabilityB5cxx11Ev");
            if (capability is null) return null;
            var text = stackalloc nint[4]; // std::string: address, length, and the buffer of a short string, which these values fit
            capability(text);
            return Marshal.PtrToStringUTF8(text[0], (int)text[1]);
        }
    }
}
