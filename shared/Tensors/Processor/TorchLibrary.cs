using System.Runtime.InteropServices;
using TorchSharp;

namespace Distributed.Tensors.Processor;

/// <summary>
/// Functions that libtorch's own library, or one that it brings (MKL, the OpenMP runtime), exports beside its C++ interface.
/// A build of libtorch that lacks one makes its users fall back, never fail.
/// </summary>
internal static class TorchLibrary
{
    private static readonly Lazy<nint> Handle = new(Load);

    /// <summary>Address of an exported function, or zero.</summary>
    public static nint Find(string name) =>
        Handle.Value != 0 && NativeLibrary.TryGetExport(Handle.Value, name, out var address) ? address : 0;

    private static nint Load()
    {
        using (torch.empty(0)) // makes TorchSharp load its libraries first, so that this one is found in memory
        {
            return NativeLibrary.TryLoad("libtorch_cpu", typeof(torch).Assembly, null, out var handle) ? handle : 0;
        }
    }
}
