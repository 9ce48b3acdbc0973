using Distributed.Transports;

namespace Distributed.Worker.Faults;

/// <summary>
/// Another exchange over a link that may be slow, parted or corrupt. Unlike what <see cref="IExchange"/> promises, a start may wait:
/// while the link is parted nothing can leave. Corruption is of the tag in a frame's header, which every transport compares with what it
/// expects, as no transport has a checksum over payloads: of two ranks the one that compares first finds it, and names both.
/// </summary>
/// <param name="inner">Owned.</param>
/// <param name="link">Shared by all ends of a rank.</param>
public sealed class FaultyExchange(IExchange inner, LinkFaults link) : IExchange
{
    /// <inheritdoc/>
    public int Rank => inner.Rank;

    /// <inheritdoc/>
    public int Size => inner.Size;

    /// <inheritdoc/>
    public IExchangeHandle Start(ExchangeTag tag, ReadOnlySpan<ExchangeBuffer> send, ReadOnlySpan<ExchangeBuffer> receive)
    {
        link.AwaitThrough(0);
        var passed = Size == 1 ? 0 : link.Passed(Math.Max(ToOthers(send), ToOthers(receive)));
        return new Handle(inner.Start(link.Pass(tag, Size), send, receive), link, passed);
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

    private sealed class Handle(IExchangeHandle inner, LinkFaults link, long passed) : IExchangeHandle
    {
        public bool IsCompleted => link.IsThrough(passed) && inner.IsCompleted;

        public void Wait()
        {
            link.AwaitThrough(0);
            inner.Wait();
            link.AwaitThrough(passed);
        }
    }
}
