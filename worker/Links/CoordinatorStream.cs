using Distributed.Protocol;
using Grpc.Core;

namespace Distributed.Worker.Links;

/// <summary>One connection with the coordinator: hello and welcome, then events and beats up, commands and acknowledgements down.</summary>
internal sealed class CoordinatorStream(CoordinatorSession session, CoordinatorLinkOptions options, TimeProvider time, Action joined)
{
    private int _beatIsDue;
    private long _welcomed, _beaten; // timestamps of the welcome and of the oldest beat without an answer; 0 for none

    /// <summary>Time since the coordinator admitted this worker; zero if it has not.</summary>
    public TimeSpan Age => _welcomed == 0 ? TimeSpan.Zero : time.GetElapsedTime(_welcomed);

    /// <summary>Carries the session; returns when the coordinator ends it.</summary>
    /// <exception cref="RpcException">The connection failed or broke, or the coordinator refuses this worker.</exception>
    /// <exception cref="IOException">The coordinator does not answer.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public async Task RunAsync(Control.ControlClient client, CancellationToken cancellation)
    {
        await session.PartitionEnd.WaitAsync(cancellation).ConfigureAwait(false);
        using var answer = new CancellationTokenSource(options.AnswerTimeout, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation, answer.Token);
        using var call = client.Join(cancellationToken: ended.Token);
        try
        {
            if (await HandshakeAsync(call).ConfigureAwait(false) is not { } welcome) return;
            answer.CancelAfter(Timeout.InfiniteTimeSpan);
            _welcomed = time.GetTimestamp();
            LinkMetrics.Join();
            joined();
            await TransferAsync(call, welcome.Received, ended).ConfigureAwait(false);
        }
        catch (RpcException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
        catch (RpcException) when (answer.IsCancellationRequested)
        {
            throw new IOException($"no answer within {options.AnswerTimeout.TotalSeconds:0.#} s");
        }
    }

    private async Task<Welcome?> HandshakeAsync(AsyncDuplexStreamingCall<WorkerEvent, WorkerCommand> call)
    {
        await TryAsync(() => call.RequestStream.WriteAsync(session.Hello())).ConfigureAwait(false);
        if (!await call.ResponseStream.MoveNext(CancellationToken.None).ConfigureAwait(false)) return null;
        session.Receive(call.ResponseStream.Current);
        return call.ResponseStream.Current.Welcome ?? throw new IOException("its first message is not a Welcome");
    }

    private async Task TransferAsync(
        AsyncDuplexStreamingCall<WorkerEvent, WorkerCommand> call, long received, CancellationTokenSource ended)
    {
        var writing = WriteAsync(call.RequestStream, received, ended.Token);
        try
        {
            await foreach (var command in call.ResponseStream.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                await session.PartitionEnd.WaitAsync(ended.Token).ConfigureAwait(false);
                if (command.CommandCase == WorkerCommand.CommandOneofCase.Ack
                    && Interlocked.Exchange(ref _beaten, 0) is var beaten and not 0)
                    LinkMetrics.Acknowledge(time.GetElapsedTime(beaten));
                session.Receive(command);
            }
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await writing.ConfigureAwait(false);
        }
    }

    private async Task WriteAsync(IClientStreamWriter<WorkerEvent> events, long after, CancellationToken ended)
    {
        using var beat = time.CreateTimer(_ => Beat(), null, options.BeatInterval, options.BeatInterval);
        await TryAsync(async () =>
        {
            while (true)
            {
                await session.PartitionEnd.WaitAsync(ended).ConfigureAwait(false);
                var leaving = session.IsLeaving;
                while (session.Events.TryGetAfter(after, out after, out var message))
                    await events.WriteAsync(message, ended).ConfigureAwait(false);
                after--; // the next event, which does not exist yet
                if (leaving) break;
                if (Interlocked.Exchange(ref _beatIsDue, 0) != 0)
                {
                    Interlocked.CompareExchange(ref _beaten, time.GetTimestamp(), 0);
                    await events.WriteAsync(new WorkerEvent { Beat = new Beat { Received = session.Received } }, ended)
                        .ConfigureAwait(false);
                }

                await session.ToWrite.WaitAsync(ended).ConfigureAwait(false);
            }

            await events.CompleteAsync().ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    private void Beat()
    {
        Interlocked.Exchange(ref _beatIsDue, 1);
        session.ToWrite.Set();
    }

    // An error while writing is ignored: the reader reports it.
    private static async Task TryAsync(Func<Task> write)
    {
        try
        {
            await write().ConfigureAwait(false);
        }
        catch (Exception broken) when (broken is RpcException or IOException or InvalidOperationException or OperationCanceledException)
        {
        }
    }
}
