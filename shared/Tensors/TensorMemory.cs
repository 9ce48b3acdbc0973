using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Tensors;

/// <summary>A tensor's elements where they lie, without a copy.</summary>
public static partial class TensorMemory
{
    /// <summary>Address of the first element of a contiguous CPU tensor, its offset in the storage included; 0 for none.</summary>
    /// <exception cref="ArgumentException">The tensor is not contiguous or not on the CPU.</exception>
    public static nint Pointer(Tensor tensor)
    {
        if (tensor.device_type != DeviceType.CPU || !tensor.is_contiguous())
            throw new ArgumentException($"A contiguous CPU tensor is needed, not {tensor.dtype} [{string.Join(", ", tensor.shape)}] on {tensor.device}.", nameof(tensor));
        return tensor.numel() == 0 ? 0 : THSTensor_data(tensor.Handle);
    }

    /// <summary>The elements of a contiguous CPU tensor.</summary>
    public static unsafe Span<T> Span<T>(Tensor tensor) where T : unmanaged
    {
        if (tensor.ElementSize != sizeof(T))
            throw new ArgumentException($"{tensor.dtype} has elements of {tensor.ElementSize} bytes, {typeof(T).Name} of {sizeof(T)}.", nameof(tensor));
        return new Span<T>((void*)Pointer(tensor), checked((int)tensor.numel()));
    }

    [LibraryImport("LibTorchSharp")]
    private static partial nint THSTensor_data(IntPtr handle);
}
