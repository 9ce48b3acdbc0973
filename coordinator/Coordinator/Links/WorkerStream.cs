using Distributed.Protocol;
using Distributed.Protocol.Streams;
using Grpc.Core;

namespace Distributed.Coordinator.Links;

/// <summary>
/// One connection of a worker. It carries commands and acknowledgements to the worker, and events and heartbeats from it.
/// </summary>
internal sealed class WorkerStream(IAsyncStreamReader<WorkerEvent> events, IServerStreamWriter<WorkerCommand> commands)
{
    private const long NoAck = -1;
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5); // for the worker to half-close

    private readonly CancellationTokenSource _ended = new(); // not disposed, so that End may be called after the stream has ended
    private readonly Wakeup _toWrite = new();
    private volatile string? _reason;
    private long _ack = NoAck;

    /// <summary>Wakes the writer, because there is something to send.</summary>
    public void Wake() => _toWrite.Set();

    /// <summary>Acknowledges events.</summary>
    /// <param name="received">Sequence number of the last acknowledged event.</param>
    public void Acknowledge(long received)
    {
        Interlocked.Exchange(ref _ack, received);
        Wake();
    }

    /// <summary>Ends the stream from the coordinator's side.</summary>
    /// <param name="reason">The reason; the worker may then reconnect. Null if the coordinator is done with the worker.</param>
    public void End(string? reason)
    {
        _reason = reason;
        _ended.Cancel();
    }

    /// <summary>Carries messages in both directions until the stream has ended.</summary>
    /// <param name="link">The link of the stream, which is notified of the end.</param>
    /// <param name="received">Sequence number of the last event that the link has received.</param>
    /// <param name="after">Sequence number of the last command that the worker has received.</param>
    /// <param name="call">Cancelled when the connection breaks.</param>
    /// <exception cref="RpcException">The coordinator ended the stream with a reason.</exception>
    public async Task RunAsync(GrpcWorkerLink link, long received, long after, CancellationToken call)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(call, _ended.Token);
        var reading = ReadAsync(link, ended.Token);
        try
        {
            await commands.WriteAsync(new WorkerCommand { Welcome = new Welcome { Received = received } }, ended.Token)
                .ConfigureAwait(false);
            await WriteAsync(link, after, ended.Token).ConfigureAwait(false);
            await commands.WriteAsync(new WorkerCommand { Dismiss = new Dismiss() }, ended.Token).ConfigureAwait(false);
            // Waits so that the dismissal arrives before the connection closes.
            await Task.WhenAny(reading, Task.Delay(CloseTimeout, ended.Token)).ConfigureAwait(false);
            link.End(null);
        }
        catch (Exception broken) when (IsBreak(broken))
        {
            // The reader reports the break to the link.
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(false);
        }

        if (_reason is { } reason) throw new RpcException(new Status(StatusCode.Unavailable, reason));
    }

    // Returns when the link is closing and all commands are sent.
    private async Task WriteAsync(GrpcWorkerLink link, long after, CancellationToken ended)
    {
        while (true)
        {
            var isClosing = link.IsClosing;
            while (link.Commands.TryGetAfter(after, out var at, out var command))
            {
                await commands.WriteAsync(command, ended).ConfigureAwait(false);
                after = at;
            }

            if (isClosing) return;
            if (Interlocked.Exchange(ref _ack, NoAck) is var received and not NoAck)
                await commands.WriteAsync(new WorkerCommand { Ack = new Ack { Received = received } }, ended).ConfigureAwait(false);
            await _toWrite.WaitAsync(ended).ConfigureAwait(false);
        }
    }

    private async Task ReadAsync(GrpcWorkerLink link, CancellationToken ended)
    {
        try
        {
            while (await events.MoveNext(ended).ConfigureAwait(false)) link.Receive(events.Current, this);
            link.End(null); // the worker leaves
        }
        catch (Exception broken) when (IsBreak(broken))
        {
            link.OnStreamBroken(this);
        }
    }

    private static bool IsBreak(Exception error) =>
        error is OperationCanceledException or RpcException or IOException or InvalidOperationException;
}
