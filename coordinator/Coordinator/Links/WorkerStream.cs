using Distributed.Protocol;
using Distributed.Protocol.Streams;
using Grpc.Core;

namespace Distributed.Coordinator.Links;

/// <summary>One connection of a worker: commands and acknowledgements down, events and beats up, until either side ends it.</summary>
internal sealed class WorkerStream(IAsyncStreamReader<WorkerEvent> events, IServerStreamWriter<WorkerCommand> commands)
{
    private const long NoAck = -1;
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5); // for the worker to half-close

    private readonly CancellationTokenSource _ended = new(); // not disposed: whoever ends it need not know whether it has ended
    private readonly Wakeup _toWrite = new();
    private volatile string? _reason;
    private long _ack = NoAck;

    /// <summary>There is something to write.</summary>
    public void Wake() => _toWrite.Set();

    /// <summary>Acknowledges events.</summary>
    /// <param name="received">Up to this one.</param>
    public void Acknowledge(long received)
    {
        Interlocked.Exchange(ref _ack, received);
        Wake();
    }

    /// <summary>Ends it, from the coordinator's side.</summary>
    /// <param name="reason">Why the worker may come back; null where there is nothing more to say.</param>
    public void End(string? reason)
    {
        _reason = reason;
        _ended.Cancel();
    }

    /// <summary>Carries messages both ways until the stream has ended; then the call may return.</summary>
    /// <param name="link">Whose stream it is; told how it ended.</param>
    /// <param name="received">Sequence of the last event that the link has.</param>
    /// <param name="after">Sequence of the last command that the worker has.</param>
    /// <param name="call">Cancelled when the connection breaks.</param>
    /// <exception cref="RpcException">It was ended for a reason.</exception>
    public async Task CarryAsync(GrpcWorkerLink link, long received, long after, CancellationToken call)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(call, _ended.Token);
        var reading = ReadAsync(link, ended.Token);
        try
        {
            await commands.WriteAsync(new WorkerCommand { Welcome = new Welcome { Received = received } }, ended.Token).ConfigureAwait(false);
            await WriteAsync(link, after, ended.Token).ConfigureAwait(false);
            await commands.WriteAsync(new WorkerCommand { Dismiss = new Dismiss() }, ended.Token).ConfigureAwait(false);
            await Task.WhenAny(reading, Task.Delay(Farewell, ended.Token)).ConfigureAwait(false); // else the connection might be closed before it is heard
            link.End(null);
        }
        catch (Exception broken) when (IsBreak(broken))
        {
            // The reader says why.
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(false);
        }

        if (_reason is { } reason) throw new RpcException(new Status(StatusCode.Unavailable, reason));
    }

    // Returns when the coordinator has nothing more to say.
    private async Task WriteAsync(GrpcWorkerLink link, long after, CancellationToken ended)
    {
        while (true)
        {
            var closing = link.Closing;
            while (link.Commands.After(after, out var at, out var command))
            {
                await commands.WriteAsync(command, ended).ConfigureAwait(false);
                after = at;
            }

            if (closing) return;
            if (Interlocked.Exchange(ref _ack, NoAck) is var received and not NoAck)
                await commands.WriteAsync(new WorkerCommand { Ack = new Ack { Received = received } }, ended).ConfigureAwait(false);
            await _toWrite.WaitAsync(ended).ConfigureAwait(false);
        }
    }

    private async Task ReadAsync(GrpcWorkerLink link, CancellationToken ended)
    {
        try
        {
            while (await events.MoveNext(ended).ConfigureAwait(false)) link.Hear(events.Current, this);
            link.End(null); // it leaves
        }
        catch (Exception broken) when (IsBreak(broken))
        {
            link.Lost(this);
        }
    }

    private static bool IsBreak(Exception error) => error is OperationCanceledException or RpcException or IOException or InvalidOperationException;
}
