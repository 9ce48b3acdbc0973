namespace Distributed.Transports;

/// <summary>A stretch of host memory that an exchange reads from or writes to.</summary>
/// <param name="Pointer">The first byte; ignored, and may be zero, where <paramref name="Bytes"/> is 0.</param>
/// <param name="Bytes">The length in bytes, 0 or more.</param>
public readonly record struct ExchangeBuffer(nint Pointer, long Bytes)
{
    /// <summary>Nothing to send or to receive.</summary>
    public static ExchangeBuffer Empty => default;
}
