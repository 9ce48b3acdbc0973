namespace Distributed.Transports.Nccl;

/// <summary>
/// The memory that NCCL reads and writes, and the queue of work (CUDA's stream) that it works on. Host buffers are
/// staged through it: copied in before an operation and out after it. A device belongs to one communicator, whose
/// thread is the only one that calls it.
/// </summary>
public interface INcclDevice : IDisposable
{
    /// <summary>The stream that operations are put on, as NCCL takes it; 0 for none.</summary>
    nint Stream { get; }

    /// <summary>Makes the device that of the calling thread, and the stream. Called once, before all else.</summary>
    /// <exception cref="NcclException">The device cannot be had.</exception>
    void Open();

    /// <summary>Memory of the device, aligned to 256 bytes, with undefined contents.</summary>
    /// <exception cref="NcclException">There is not as much.</exception>
    nint Allocate(long bytes);

    /// <summary>Gives memory back.</summary>
    void Free(nint memory);

    /// <summary>Puts a copy from host to device on the stream.</summary>
    /// <exception cref="NcclException">It failed.</exception>
    void CopyIn(nint device, nint host, long bytes);

    /// <summary>Puts a copy from device to host on the stream.</summary>
    /// <exception cref="NcclException">It failed.</exception>
    void CopyOut(nint host, nint device, long bytes);

    /// <summary>Waits for the stream. Called only where nothing but copies is on it, so no other rank is waited for.</summary>
    /// <exception cref="NcclException">A copy failed.</exception>
    void FinishCopies();

    /// <summary>Whether all that was put on the stream is done. Never waits.</summary>
    /// <exception cref="NcclException">It failed.</exception>
    bool IsIdle();
}
