using Distributed.Transports;

namespace Distributed.Benchmarks.Steps;

/// <summary>Counts the bytes that a rank sends to others.</summary>
internal sealed class ByteCounter(IExchange inner) : IExchange
{
    /// <summary>Bytes sent to other ranks so far.</summary>
    public long Sent { get; private set; }

    public int Rank => inner.Rank;

    public int Size => inner.Size;

    public IExchangeHandle Start(ExchangeTag tag, ReadOnlySpan<ExchangeBuffer> send, ReadOnlySpan<ExchangeBuffer> receive)
    {
        for (var rank = 0; rank < send.Length; rank++)
            if (rank != Rank) Sent += send[rank].Bytes;
        return inner.Start(tag, send, receive);
    }

    public void Abort(Exception reason) => inner.Abort(reason);

    public void Dispose() => inner.Dispose();
}
