using System.Numerics;

namespace Distributed.Transports.Nccl;

/// <summary>
/// One block of device memory that is reused and grows, by doubling, to the largest requested size. Allocating and freeing device memory
/// may wait for all work of the device.
/// </summary>
internal sealed class Staging(INcclDevice device)
{
    private const long Alignment = 256;
    private nint _memory;
    private long _bytes;

    /// <summary>Rounds a length up, so that the next buffer is aligned too.</summary>
    public static long Aligned(long bytes) => checked(bytes + Alignment - 1) / Alignment * Alignment;

    /// <summary>Returns memory of at least the given length in bytes, with undefined contents. Invalidates earlier results.</summary>
    public nint Reserve(long bytes)
    {
        if (bytes > _bytes)
        {
            Free();
            var rounded = checked((long)BitOperations.RoundUpToPowerOf2((ulong)bytes));
            _memory = device.Allocate(rounded);
            _bytes = rounded;
        }
        return _memory;
    }

    public void Free()
    {
        if (_memory != 0) device.Free(_memory);
        (_memory, _bytes) = (0, 0);
    }
}
