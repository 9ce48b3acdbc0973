using System.Threading.Channels;
using Distributed.Transports.Grpc.Frames;
using Distributed.Transports.Grpc.Groups;
using Grpc.Core;

namespace Distributed.Transports.Grpc.Links;

/// <summary>
/// Frames that wait to be sent to another rank. It holds descriptions of frames, never payloads: these stay in the caller's memory until
/// the connection takes them.
/// </summary>
internal sealed class Outbox
{
    private readonly Channel<OutgoingFrame> _control = Channel.CreateUnbounded<OutgoingFrame>(
        new UnboundedChannelOptions { SingleReader = true });
    private readonly Channel<OutgoingFrame> _chunks = Channel.CreateUnbounded<OutgoingFrame>();
    private readonly TaskCompletionSource _attached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task?[] _serving = new Task?[1 + WireLimits.MaxDataLanes];

    /// <summary>Completes when the other rank reads announcements.</summary>
    public Task Attached => _attached.Task;

    public void SendControl(in OutgoingFrame outgoing) => _control.Writer.TryWrite(outgoing);

    public void Send(in OutgoingFrame outgoing) => _chunks.Writer.TryWrite(outgoing);

    /// <summary>Serves a lane until the outbox closes or the connection breaks. Returns null if the lane is already served.</summary>
    public Task? TryServe(int lane, IServerStreamWriter<OutboundFrame> writer, CancellationToken cancellation)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Interlocked.CompareExchange(ref _serving[lane], done.Task, null) is not null) return null;
        return ServeAsync(lane, writer, done, cancellation);
    }

    /// <summary>Closes the outbox: no more frames are added.</summary>
    public void Close()
    {
        _control.Writer.TryComplete();
        _chunks.Writer.TryComplete();
        _attached.TrySetCanceled();
    }

    /// <summary>Completes when all lanes have sent their frames, once the outbox is closed.</summary>
    public Task DrainedAsync() => Task.WhenAll(_serving.OfType<Task>());

    private async Task ServeAsync(
        int lane, IServerStreamWriter<OutboundFrame> writer, TaskCompletionSource done, CancellationToken cancellation)
    {
        try
        {
            if (lane == 0) _attached.TrySetResult();
            var frame = new OutboundFrame();
            await foreach (var outgoing in (lane == 0 ? _control : _chunks).Reader.ReadAllAsync(cancellation))
            {
                if (outgoing.End.TryBegin(outgoing, frame)) await WriteAsync(frame, outgoing, writer, cancellation);
            }
        }
        finally
        {
            done.SetResult();
        }
    }

    private static async Task WriteAsync(
        OutboundFrame frame, OutgoingFrame outgoing, IServerStreamWriter<OutboundFrame> writer, CancellationToken cancellation)
    {
        var ended = false;
        try
        {
            var sending = writer.WriteAsync(frame, cancellation);
            if (frame.IsWritten)
            {
                // The caller's memory is released before the network has taken the bytes.
                outgoing.End.End(outgoing, isWritten: true);
                ended = true;
            }
            await sending;
        }
        finally
        {
            if (!ended) outgoing.End.End(outgoing, frame.IsWritten);
        }
    }
}
