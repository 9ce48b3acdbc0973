namespace Distributed.Transports.InMemory;

/// <summary>One rank's end of an <see cref="InMemoryFabric"/>.</summary>
internal sealed class InMemoryEndpoint(InMemoryFabric fabric, int rank) : IExchange
{
    public int Rank => rank;

    public int Size => fabric.Size;

    public IExchangeHandle Start(
        ExchangeTag tag, ReadOnlySpan<ExchangeBuffer> send, ReadOnlySpan<ExchangeBuffer> receive)
    {
        ExchangeArguments.Check(rank, Size, tag, send, receive);
        return new Handle(fabric, fabric.Start(rank, tag, send.ToArray(), receive.ToArray()), rank);
    }

    public void Abort(Exception reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        fabric.Abort(rank, reason);
    }

    public void Dispose() => fabric.Leave(rank);

    private sealed class Handle(InMemoryFabric fabric, InMemoryExchangeState state, int rank) : IExchangeHandle
    {
        public bool IsCompleted => fabric.IsCompleted(state, rank);

        public void Wait() => fabric.Wait(state, rank);
    }
}
