using System.Threading.Channels;

namespace Distributed.Protocol.Streams;

/// <summary>Wakes one waiter; several calls before the wait count as one.</summary>
public sealed class Wakeup
{
    private readonly Channel<bool> _set = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Wakes the waiter, or completes its next wait at once.</summary>
    public void Set() => _set.Writer.TryWrite(true);

    /// <summary>Waits for a call of <see cref="Set"/>.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async ValueTask WaitAsync(CancellationToken cancellation) => await _set.Reader.ReadAsync(cancellation).ConfigureAwait(false);
}
