using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Distributed.Tensors.Safetensors;

/// <summary>
/// The memory of a contiguous CPU tensor. <c>Tensor.bytes</c> stops at 2 GiB and <c>storage().data_ptr()</c>
/// ignores the storage offset; the exported <c>THSTensor_data</c> does neither.
/// </summary>
internal static partial class TensorMemory
{
    /// <summary>Bytes moved at a time: small enough to be hashed while still in the processor's cache.</summary>
    public const int ChunkBytes = 1 << 20;

    /// <summary>Is it row-major without gaps in main memory?</summary>
    public static bool IsPlain(Tensor tensor) => tensor.device_type == TorchSharp.DeviceType.CPU && tensor.is_contiguous();

    /// <summary>Size of the elements in bytes; may exceed 2 GiB.</summary>
    public static long ByteCount(Tensor tensor) => checked(tensor.numel() * tensor.element_size());

    /// <summary>
    /// Up to <see cref="ChunkBytes"/> bytes from <paramref name="offset"/>. The caller keeps the tensor alive
    /// while it uses the span, and the tensor is <see cref="IsPlain"/>.
    /// </summary>
    public static unsafe Span<byte> Chunk(nint data, long offset, long byteCount) =>
        new((byte*)data + offset, (int)Math.Min(ChunkBytes, byteCount - offset));

    /// <summary>Address of the first element, storage offset included; 0 for an empty tensor.</summary>
    public static nint Address(Tensor tensor) => THSTensor_data(tensor.Handle);

    [LibraryImport("LibTorchSharp")]
    private static partial nint THSTensor_data(nint tensor);
}
