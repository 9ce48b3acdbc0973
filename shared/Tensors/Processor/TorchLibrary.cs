using System.Runtime.InteropServices;
using TorchSharp;

namespace Distributed.Tensors.Processor;

/// <summary>
/// Finds functions that libtorch's library, or a library linked with it (MKL, the OpenMP runtime), exports besides the C++ interface.
/// Callers fall back if a build of libtorch lacks a function.
/// </summary>
internal static class TorchLibrary
{
    private static readonly Lazy<nint> Handle = new(Load);

    /// <summary>Returns the address of an exported function; zero if it is not exported.</summary>
    public static nint Find(string name) =>
        Handle.Value != 0 && NativeLibrary.TryGetExport(Handle.Value, name, out var address) ? address : 0;

    private static nint Load()
    {
        using (torch.empty(0)) // makes TorchSharp load its libraries first, so that TryLoad finds the loaded one
        {
            return NativeLibrary.TryLoad("libtorch_cpu", typeof(torch).Assembly, null, out var handle) ? handle : 0;
        }
    }
}
