using System.Runtime.InteropServices;

namespace Distributed.Transports.Nccl;

/// <summary>
/// A device without a GPU: memory is host memory, and there is no stream. For libraries with NCCL's interface that move host memory and
/// whose communicators stay in progress until their work is done. NVIDIA's NCCL needs a <see cref="CudaDevice"/>.
/// </summary>
public sealed unsafe class HostDevice : INcclDevice
{
    private const nuint Alignment = 256;

    /// <inheritdoc/>
    public nint Stream => 0;

    /// <inheritdoc/>
    public void Open()
    {
    }

    /// <inheritdoc/>
    public nint Allocate(long bytes) => (nint)NativeMemory.AlignedAlloc(checked((nuint)bytes), Alignment);

    /// <inheritdoc/>
    public void Free(nint memory) => NativeMemory.AlignedFree((void*)memory);

    /// <inheritdoc/>
    public void CopyIn(nint device, nint host, long bytes) => NativeMemory.Copy((void*)host, (void*)device, checked((nuint)bytes));

    /// <inheritdoc/>
    public void CopyOut(nint host, nint device, long bytes) => NativeMemory.Copy((void*)device, (void*)host, checked((nuint)bytes));

    /// <inheritdoc/>
    public void FinishCopies()
    {
    }

    /// <inheritdoc/>
    public bool IsIdle() => true;

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
