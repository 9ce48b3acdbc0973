using System.Runtime.InteropServices;

namespace Distributed.Transports.Nccl;

/// <summary>
/// A GPU with its own stream, used through the CUDA runtime, which the constructor loads. Host memory does not need to be pinned; pinned
/// memory makes copies faster.
/// </summary>
public sealed unsafe class CudaDevice : INcclDevice
{
    /// <summary>Names of the CUDA runtime that are tried if no file is given, newest first.</summary>
    public static readonly IReadOnlyList<string> DefaultNames = ["libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0", "libcudart.so"];

    private const int NotReady = 600, HostToDevice = 1, DeviceToHost = 2;
    private const uint NonBlockingStream = 1;
    private readonly CudaFunctions _cuda;
    private readonly int _index;
    private nint _stream;

    /// <summary>Loads the CUDA runtime; does not access a device yet.</summary>
    /// <param name="index">Number of the device in this process, 0 or more.</param>
    /// <param name="runtimeFile">Path, or name for the loader's search; null for <see cref="DefaultNames"/>.</param>
    /// <exception cref="NcclLibraryException">The CUDA runtime is not found or lacks a function.</exception>
    public CudaDevice(int index, string? runtimeFile = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        _index = index;
        _cuda = new CudaFunctions(Load(runtimeFile));
    }

    /// <inheritdoc/>
    public nint Stream => _stream;

    /// <inheritdoc/>
    public void Open()
    {
        Check(_cuda.SetDevice(_index), "cudaSetDevice");
        nint stream;
        Check(_cuda.StreamCreateWithFlags(&stream, NonBlockingStream), "cudaStreamCreateWithFlags");
        _stream = stream;
    }

    /// <inheritdoc/>
    public nint Allocate(long bytes)
    {
        nint memory;
        Check(_cuda.Malloc(&memory, checked((nuint)bytes)), $"cudaMalloc of {bytes} bytes");
        return memory;
    }

    /// <inheritdoc/>
    public void Free(nint memory) => _ = _cuda.Free(memory);

    /// <inheritdoc/>
    public void CopyIn(nint device, nint host, long bytes) => Copy(device, host, bytes, HostToDevice);

    /// <inheritdoc/>
    public void CopyOut(nint host, nint device, long bytes) => Copy(host, device, bytes, DeviceToHost);

    /// <inheritdoc/>
    public void FinishCopies() => Check(_cuda.StreamSynchronize(_stream), "cudaStreamSynchronize");

    /// <inheritdoc/>
    public bool IsIdle()
    {
        var result = _cuda.StreamQuery(_stream);
        if (result == NotReady) return false;
        Check(result, "cudaStreamQuery");
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_stream != 0) _ = _cuda.StreamDestroy(_stream);
        _stream = 0;
    }

    internal static NativeSymbols Load(string? runtimeFile) =>
        new("CUDA's runtime", runtimeFile is null ? [.. DefaultNames] : [runtimeFile]);

    private void Copy(nint to, nint from, long bytes, int direction) =>
        Check(_cuda.MemcpyAsync(to, from, checked((nuint)bytes), direction, _stream), $"cudaMemcpyAsync of {bytes} bytes");

    private void Check(int result, string call)
    {
        if (result == 0) return;
        var text = Marshal.PtrToStringUTF8((nint)_cuda.GetErrorString(result));
        throw new NcclException(null, $"{call} on device {_index}", null, NcclResult.UnhandledCudaError, $"CUDA error {result}, {text}");
    }
}
