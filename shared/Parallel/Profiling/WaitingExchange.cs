using Distributed.Transports;

namespace Distributed.Parallel.Profiling;

/// <summary>Decorates an exchange; adds the duration of its waits to a timeline.</summary>
/// <param name="inner">The decorated exchange; disposed with this instance.</param>
/// <param name="timeline">Timeline of the thread that waits.</param>
public sealed class WaitingExchange(IExchange inner, StepTimeline timeline) : IExchange
{
    /// <inheritdoc/>
    public int Rank => inner.Rank;

    /// <inheritdoc/>
    public int Size => inner.Size;

    /// <inheritdoc/>
    public IExchangeHandle Start(ExchangeTag tag, ReadOnlySpan<ExchangeBuffer> send, ReadOnlySpan<ExchangeBuffer> receive) =>
        new Handle(inner.Start(tag, send, receive), timeline);

    /// <inheritdoc/>
    public void Abort(Exception reason) => inner.Abort(reason);

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    private sealed class Handle(IExchangeHandle inner, StepTimeline timeline) : IExchangeHandle
    {
        public bool IsCompleted => inner.IsCompleted;

        public void Wait() => timeline.Wait(inner.Wait);
    }
}
