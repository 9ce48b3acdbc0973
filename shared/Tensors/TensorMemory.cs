using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Tensors;

/// <summary>
/// A tensor's elements where they lie, without a copy. <c>Tensor.bytes</c> stops at 2 GiB and <c>storage().data_ptr()</c>
/// ignores the storage offset; the exported <c>THSTensor_data</c> does neither. The caller keeps the tensor alive while
/// it uses its memory.
/// </summary>
public static partial class TensorMemory
{
    /// <summary>Bytes moved at a time: small enough to be hashed while still in the processor's cache.</summary>
    internal const int ChunkBytes = 1 << 20;

    /// <summary>Whether it is row-major without gaps in main memory.</summary>
    public static bool IsPlain(Tensor tensor) => tensor.device_type == DeviceType.CPU && tensor.is_contiguous();

    /// <summary>Size of the elements in bytes; may exceed 2 GiB.</summary>
    public static long ByteCount(Tensor tensor) => checked(tensor.numel() * tensor.element_size());

    /// <summary>Address of the first element, its offset in the storage included; 0 for none.</summary>
    /// <exception cref="ArgumentException">The tensor is not contiguous or not on the CPU.</exception>
    public static nint Pointer(Tensor tensor)
    {
        if (!IsPlain(tensor))
            throw new ArgumentException($"A contiguous CPU tensor is needed, not {tensor.dtype} [{string.Join(", ", tensor.shape)}] on {tensor.device}.", nameof(tensor));
        return tensor.numel() == 0 ? 0 : THSTensor_data(tensor.Handle);
    }

    /// <summary>The elements, at most 2^31 - 1 of them.</summary>
    /// <exception cref="ArgumentException">The tensor is not contiguous, not on the CPU, or its elements are not as wide as <typeparamref name="T"/>.</exception>
    public static unsafe Span<T> Span<T>(Tensor tensor) where T : unmanaged
    {
        if (tensor.ElementSize != sizeof(T))
            throw new ArgumentException($"{tensor.dtype} has elements of {tensor.ElementSize} bytes, {typeof(T).Name} of {sizeof(T)}.", nameof(tensor));
        return new Span<T>((void*)Pointer(tensor), checked((int)tensor.numel()));
    }

    /// <summary>Up to <see cref="ChunkBytes"/> bytes from <paramref name="offset"/> of memory that begins at <paramref name="data"/>.</summary>
    internal static unsafe Span<byte> Chunk(nint data, long offset, long byteCount) =>
        new((byte*)data + offset, (int)Math.Min(ChunkBytes, byteCount - offset));

    [LibraryImport("LibTorchSharp")]
    private static partial nint THSTensor_data(nint tensor);
}
