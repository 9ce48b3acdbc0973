namespace Distributed.Transports.Nccl;

/// <summary>The id by which the ranks of a communicator find each other; passed to NCCL by value.</summary>
internal unsafe struct NcclUniqueId
{
    public const int Length = 128;
    private fixed byte _bytes[Length];

    public static NcclUniqueId Of(ReadOnlySpan<byte> bytes)
    {
        NcclUniqueId id;
        bytes.CopyTo(new Span<byte>(&id, Length));
        return id;
    }
}
