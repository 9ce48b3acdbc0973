using System.Threading.Channels;
using Distributed.Protocol;
using Grpc.Core;

namespace Distributed.Coordinator.Links;

/// <summary>The coordinator's end of a worker's stream over gRPC, with a lease that every message renews.</summary>
internal sealed class GrpcWorkerLink : IWorkerLink
{
    private readonly Channel<WorkerEvent> _events = Channel.CreateUnbounded<WorkerEvent>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly Channel<WorkerCommand> _commands = Channel.CreateUnbounded<WorkerCommand>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _ended = new();
    private readonly LeaseTimer _lease;
    private volatile string? _silence;

    public GrpcWorkerLink(TimeSpan lease, TimeProvider time) => _lease = new LeaseTimer(lease, time, () =>
    {
        _silence = $"nothing was heard of it for {lease.TotalSeconds:0.#} s";
        _ended.Cancel();
    });

    public ChannelReader<WorkerEvent> Events => _events.Reader;

    public void Send(WorkerCommand command) => _commands.Writer.TryWrite(command);

    public ValueTask DisposeAsync()
    {
        _commands.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    /// <summary>Carries messages both ways until either side has gone; then the call may return.</summary>
    /// <param name="hello">The first event, read before.</param>
    /// <param name="events">What the worker sends.</param>
    /// <param name="commands">Where commands go.</param>
    /// <param name="call">Cancelled when the connection breaks.</param>
    public async Task CarryAsync(WorkerEvent hello, IAsyncStreamReader<WorkerEvent> events, IServerStreamWriter<WorkerCommand> commands, CancellationToken call)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(call, _ended.Token);
        var reading = ReadAsync(hello, events, ended.Token);
        try
        {
            await foreach (var command in _commands.Reader.ReadAllAsync(ended.Token).ConfigureAwait(false))
                await commands.WriteAsync(command, ended.Token).ConfigureAwait(false);
        }
        catch (Exception broken) when (broken is OperationCanceledException or RpcException or IOException or InvalidOperationException)
        {
            // The reader says that the worker has gone, and why.
        }
        finally
        {
            _lease.Dispose();
            _commands.Writer.TryComplete();
            await ended.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(false);
            _ended.Dispose();
        }
    }

    private async Task ReadAsync(WorkerEvent hello, IAsyncStreamReader<WorkerEvent> events, CancellationToken ended)
    {
        Exception? error = null;
        _events.Writer.TryWrite(hello);
        try
        {
            while (await events.MoveNext(ended).ConfigureAwait(false))
            {
                _lease.Heard();
                if (events.Current.EventCase != WorkerEvent.EventOneofCase.Beat) _events.Writer.TryWrite(events.Current);
            }
        }
        catch (Exception broken) when (broken is OperationCanceledException or RpcException or IOException or InvalidOperationException)
        {
            error = new IOException(_silence ?? "its connection broke", broken);
        }

        _events.Writer.TryComplete(error);
        _commands.Writer.TryComplete();
    }
}
