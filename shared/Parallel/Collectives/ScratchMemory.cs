using System.Runtime.InteropServices;

namespace Distributed.Parallel.Collectives;

/// <summary>One reusable block of native memory that grows to the largest size requested.</summary>
internal sealed unsafe class ScratchMemory : IDisposable
{
    private const nuint Alignment = 64;
    private void* _memory;
    private long _bytes;

    ~ScratchMemory() => Free();

    /// <summary>
    /// Returns a block of at least <paramref name="bytes"/> bytes with undefined contents; invalidates the previous block.
    /// </summary>
    public nint Reserve(long bytes)
    {
        if (bytes > _bytes)
        {
            Free();
            _memory = NativeMemory.AlignedAlloc(checked((nuint)bytes), Alignment);
            _bytes = bytes;
        }
        return (nint)_memory;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        _bytes = 0;
    }
}
