namespace Distributed.Transports.Grpc.Groups;

/// <summary>
/// The start of an exchange on one rank. It holds the lengths of all buffers of the rank, including those for third ranks. Each rank
/// can therefore check that all ranks agree, and no exchange completes on any rank if two ranks disagree.
/// </summary>
/// <param name="Tag">Tag of the exchange on this rank.</param>
/// <param name="Lengths">Bytes sent to each rank of the group, then bytes expected from each.</param>
internal sealed record Announcement(ExchangeTag Tag, long[] Lengths)
{
    public static Announcement Of(ExchangeTag tag, ExchangeBuffer[] send, ExchangeBuffer[] receive) =>
        new(tag, [.. send.Select(buffer => buffer.Bytes), .. receive.Select(buffer => buffer.Bytes)]);

    public long SentTo(int rank) => Lengths[rank];

    public long ExpectedFrom(int rank) => Lengths[Lengths.Length / 2 + rank];
}
