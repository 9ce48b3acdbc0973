namespace Distributed.Transports;

/// <summary>A range of host memory that an exchange reads or writes.</summary>
/// <param name="Pointer">Address of the first byte. Ignored, and may be zero, if <paramref name="Bytes"/> is 0.</param>
/// <param name="Bytes">Length in bytes, 0 or more.</param>
public readonly record struct ExchangeBuffer(nint Pointer, long Bytes)
{
    /// <summary>A buffer of 0 bytes.</summary>
    public static ExchangeBuffer Empty => default;
}
