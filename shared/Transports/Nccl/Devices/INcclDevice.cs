namespace Distributed.Transports.Nccl;

/// <summary>
/// The memory that NCCL reads and writes, and the CUDA stream that it works on. Host buffers are staged through this memory: copied in
/// before an operation and out after it. A device belongs to one communicator, and only the communicator's thread calls it.
/// </summary>
public interface INcclDevice : IDisposable
{
    /// <summary>The stream for operations, as NCCL takes it; 0 for none.</summary>
    nint Stream { get; }

    /// <summary>Selects the device for the calling thread and creates the stream. Called once, before all other methods.</summary>
    /// <exception cref="NcclException">The device is not available.</exception>
    void Open();

    /// <summary>Allocates device memory, aligned to 256 bytes, with undefined contents.</summary>
    /// <exception cref="NcclException">The device does not have enough free memory.</exception>
    nint Allocate(long bytes);

    /// <summary>Frees device memory.</summary>
    void Free(nint memory);

    /// <summary>Queues a copy from host to device on the stream.</summary>
    /// <exception cref="NcclException">The copy cannot be queued.</exception>
    void CopyIn(nint device, nint host, long bytes);

    /// <summary>Queues a copy from device to host on the stream.</summary>
    /// <exception cref="NcclException">The copy cannot be queued.</exception>
    void CopyOut(nint host, nint device, long bytes);

    /// <summary>Waits for the stream. Called only while the stream has nothing but copies, so it never waits for another rank.</summary>
    /// <exception cref="NcclException">A copy failed.</exception>
    void FinishCopies();

    /// <summary>Returns whether all work on the stream is done. Never waits.</summary>
    /// <exception cref="NcclException">Work on the stream failed.</exception>
    bool IsIdle();
}
