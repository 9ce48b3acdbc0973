using System.Numerics;

namespace Distributed.Transports.Nccl;

/// <summary>
/// One block of device memory that grows to the largest size asked for, by doubling, and is used again: making and
/// freeing device memory may wait for all that the device is at.
/// </summary>
internal sealed class Staging(INcclDevice device)
{
    private const long Alignment = 256;
    private nint _memory;
    private long _bytes;

    /// <summary>The length of a stretch rounded up, so that the next one is aligned too.</summary>
    public static long Aligned(long bytes) => checked(bytes + Alignment - 1) / Alignment * Alignment;

    /// <summary>At least so many bytes, with undefined contents; what was reserved before is gone.</summary>
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
