using Distributed.Transports;

namespace Distributed.Worker.Faults;

/// <summary>
/// Wraps an exchange so that its link can be slow, partitioned or corrupt. Unlike <see cref="IExchange"/> promises, a start may wait:
/// during a partition no message leaves. Corruption changes the tag in a frame's header, which every transport compares with the expected
/// tag; no transport has a checksum over payloads. Of two ranks, the one that compares first detects it, and its error names both.
/// </summary>
/// <param name="inner">The wrapped exchange; disposed with this one.</param>
/// <param name="link">The state of the link, shared by all exchanges of a rank.</param>
public sealed class FaultyExchange(IExchange inner, LinkFaults link) : IExchange
{
    /// <inheritdoc/>
    public int Rank => inner.Rank;

    /// <inheritdoc/>
    public int Size => inner.Size;

    /// <inheritdoc/>
    public IExchangeHandle Start(ExchangeTag tag, ReadOnlySpan<ExchangeBuffer> send, ReadOnlySpan<ExchangeBuffer> receive)
    {
        link.WaitForArrival(0);
        var arrival = Size == 1 ? 0 : link.ArrivalTime(Math.Max(ToOthers(send), ToOthers(receive)));
        return new Handle(inner.Start(link.Send(tag, Size), send, receive), link, arrival);
    }

    /// <inheritdoc/>
    public void Abort(Exception reason)
    {
        link.Abort();
        inner.Abort(reason);
    }

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    private long ToOthers(ReadOnlySpan<ExchangeBuffer> buffers)
    {
        var bytes = 0L;
        for (var rank = 0; rank < buffers.Length; rank++)
            if (rank != Rank) bytes += buffers[rank].Bytes;
        return bytes;
    }

    private sealed class Handle(IExchangeHandle inner, LinkFaults link, long arrival) : IExchangeHandle
    {
        public bool IsCompleted => link.HasArrived(arrival) && inner.IsCompleted;

        public void Wait()
        {
            link.WaitForArrival(0);
            inner.Wait();
            link.WaitForArrival(arrival);
        }
    }
}
