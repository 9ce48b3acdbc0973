using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Tensors;

/// <summary>
/// Accesses a tensor's elements in place, without a copy. <c>Tensor.bytes</c> is limited to 2 GiB and <c>storage().data_ptr()</c>
/// ignores the storage offset; the exported function <c>THSTensor_data</c> has neither restriction. The caller must keep the tensor
/// alive while it uses the memory.
/// </summary>
public static partial class TensorMemory
{
    /// <summary>Size of a chunk in bytes, small enough to stay in the processor's cache while it is hashed and written.</summary>
    internal const int ChunkBytes = 1 << 20;

    /// <summary>Whether the tensor is contiguous and in main memory.</summary>
    public static bool IsPlain(Tensor tensor) => tensor.device_type == DeviceType.CPU && tensor.is_contiguous();

    /// <summary>Returns the total size of the elements in bytes; may exceed 2 GiB.</summary>
    public static long ByteCount(Tensor tensor) => checked(tensor.numel() * tensor.element_size());

    /// <summary>Returns the address of the first element, storage offset included; 0 for a tensor without elements.</summary>
    /// <exception cref="ArgumentException">The tensor is not contiguous or not on the CPU.</exception>
    public static nint Pointer(Tensor tensor)
    {
        if (!IsPlain(tensor))
        {
            throw new ArgumentException(
                $"The tensor must be contiguous and on the CPU, not {tensor.dtype} [{string.Join(", ", tensor.shape)}] on {tensor.device}.",
                nameof(tensor));
        }

        return tensor.numel() == 0 ? 0 : THSTensor_data(tensor.Handle);
    }

    /// <summary>Returns the address of the first element; 0 for null and for a tensor without elements.</summary>
    internal static nint OptionalPointer(Tensor? tensor) => tensor is null ? 0 : Pointer(tensor);

    /// <summary>Returns the elements, at most 2^31 - 1, as a span.</summary>
    /// <exception cref="ArgumentException">
    /// The tensor is not contiguous, not on the CPU, or its elements differ in size from <typeparamref name="T"/>.
    /// </exception>
    public static unsafe Span<T> Span<T>(Tensor tensor) where T : unmanaged
    {
        if (tensor.ElementSize != sizeof(T))
        {
            throw new ArgumentException(
                $"Element sizes do not match: {tensor.dtype} has {tensor.ElementSize} bytes, {typeof(T).Name} has {sizeof(T)}.",
                nameof(tensor));
        }

        return new Span<T>((void*)Pointer(tensor), checked((int)tensor.numel()));
    }

    /// <summary>
    /// Returns up to <see cref="ChunkBytes"/> bytes at <paramref name="offset"/> of the memory that begins at <paramref name="data"/>.
    /// </summary>
    internal static unsafe Span<byte> Chunk(nint data, long offset, long byteCount) =>
        new((byte*)data + offset, (int)Math.Min(ChunkBytes, byteCount - offset));

    [LibraryImport("LibTorchSharp")]
    private static partial nint THSTensor_data(nint tensor);
}
