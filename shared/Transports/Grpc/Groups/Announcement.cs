namespace Distributed.Transports.Grpc.Groups;

/// <summary>
/// That a rank has started an exchange. It holds the lengths of all its buffers, also of those that pass between it
/// and third ranks: so every rank can tell by itself that all of them agree, and no exchange is complete anywhere
/// when two ranks do not.
/// </summary>
/// <param name="Tag">What the rank takes the exchange for.</param>
/// <param name="Lengths">Bytes to each rank of the group, then bytes expected from each.</param>
internal sealed record Announcement(ExchangeTag Tag, long[] Lengths)
{
    public static Announcement Of(ExchangeTag tag, ExchangeBuffer[] send, ExchangeBuffer[] receive) =>
        new(tag, [.. send.Select(buffer => buffer.Bytes), .. receive.Select(buffer => buffer.Bytes)]);

    public long SentTo(int rank) => Lengths[rank];

    public long ExpectedFrom(int rank) => Lengths[Lengths.Length / 2 + rank];
}
