using System.Net.Sockets;
using System.Threading.Channels;
using Distributed.Protocol;
using Grpc.Core;
using Grpc.Net.Client;

namespace Distributed.Worker.Links;

/// <summary>A worker's end of its stream with the coordinator over gRPC; beats as long as it is open.</summary>
public sealed class GrpcCoordinatorLink : ICoordinatorLink
{
    private readonly Channel<WorkerCommand> _commands = Channel.CreateUnbounded<WorkerCommand>(new UnboundedChannelOptions { SingleWriter = true });
    private readonly Channel<WorkerEvent> _events = Channel.CreateUnbounded<WorkerEvent>(new UnboundedChannelOptions { SingleReader = true });
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _time;
    private readonly GrpcChannel _channel;
    private readonly AsyncDuplexStreamingCall<WorkerEvent, WorkerCommand> _call;
    private readonly ITimer _beat;
    private readonly Task _writing, _reading;
    private readonly CoordinatorAddress _address;

    /// <summary>Begins to connect.</summary>
    /// <param name="address">Where the coordinator is.</param>
    /// <param name="beat">Between two beats; a fifth of the coordinator's lease.</param>
    /// <param name="time">The clock.</param>
    public GrpcCoordinatorLink(CoordinatorAddress address, TimeSpan beat, TimeProvider time)
    {
        (_address, _time) = (address, time);
        _channel = GrpcChannel.ForAddress("http://coordinator", new GrpcChannelOptions { HttpHandler = Handler(address), DisposeHttpClient = true });
        _call = new Control.ControlClient(_channel).Join();
        _beat = time.CreateTimer(_ => Send(new WorkerEvent { Beat = new Beat() }), null, beat, beat);
        _writing = WriteAsync();
        _reading = ReadAsync();
    }

    /// <inheritdoc/>
    public ChannelReader<WorkerCommand> Commands => _commands.Reader;

    /// <inheritdoc/>
    public void Send(WorkerEvent message) => _events.Writer.TryWrite(message);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _beat.DisposeAsync().ConfigureAwait(false);
        _events.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
        try
        {
            await _reading.WaitAsync(Farewell, _time).ConfigureAwait(false); // the coordinator has heard all, and ends the call
        }
        catch (TimeoutException)
        {
            // It is told by the call's being broken off.
        }

        _call.Dispose();
        await _reading.ConfigureAwait(false);
        _channel.Dispose();
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach (var message in _events.Reader.ReadAllAsync().ConfigureAwait(false))
                await _call.RequestStream.WriteAsync(message).ConfigureAwait(false);
            await _call.RequestStream.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception broken) when (broken is RpcException or IOException or InvalidOperationException or OperationCanceledException)
        {
            _events.Writer.TryComplete(); // the reader says why
        }
    }

    private async Task ReadAsync()
    {
        Exception? error = null;
        try
        {
            await foreach (var command in _call.ResponseStream.ReadAllAsync().ConfigureAwait(false)) _commands.Writer.TryWrite(command);
        }
        catch (RpcException refused) when (refused.StatusCode is StatusCode.FailedPrecondition or StatusCode.InvalidArgument or StatusCode.DeadlineExceeded or StatusCode.AlreadyExists)
        {
            error = new CoordinatorException($"The coordinator at {_address} refuses this worker: {refused.Status.Detail}", refused);
        }
        catch (Exception broken) when (broken is RpcException or IOException or InvalidOperationException or OperationCanceledException)
        {
            error = new CoordinatorException($"The coordinator at {_address} is not reached any more: {(broken as RpcException)?.Status.Detail ?? broken.Message}", broken);
        }

        _commands.Writer.TryComplete(error);
    }

    private static SocketsHttpHandler Handler(CoordinatorAddress address) => new()
    {
        EnableMultipleHttp2Connections = true,
        KeepAlivePingDelay = TimeSpan.FromSeconds(2),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(3),
        ConnectTimeout = TimeSpan.FromSeconds(10),
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(address.SocketPath), cancellation).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };
}
