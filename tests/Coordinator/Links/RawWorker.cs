using System.Net.Sockets;
using Distributed.Protocol;
using Grpc.Core;
using Grpc.Net.Client;

namespace Distributed.Coordinator.Tests.Links;

/// <summary>A worker's stream on which the test sends every message; it sends nothing on its own.</summary>
internal sealed class RawWorker : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _bound = new(Bound);
    private readonly GrpcChannel _channel;
    private readonly AsyncDuplexStreamingCall<WorkerEvent, WorkerCommand> _call;

    public RawWorker(string socketPath)
        : this(GrpcChannel.ForAddress("http://coordinator",
            new GrpcChannelOptions { HttpHandler = OverSocket(socketPath), DisposeHttpClient = true }))
    {
    }

    public RawWorker(GrpcChannel channel)
    {
        _channel = channel;
        _call = new Control.ControlClient(_channel).Join(cancellationToken: _bound.Token);
    }

    public Task SendAsync(WorkerEvent message) => _call.RequestStream.WriteAsync(message);

    public Task LeaveAsync() => _call.RequestStream.CompleteAsync();

    /// <summary>Returns the next command.</summary>
    /// <exception cref="RpcException">The stream was refused.</exception>
    public async Task<WorkerCommand> ReceiveAsync()
    {
        Assert.True(await _call.ResponseStream.MoveNext(CancellationToken.None), "the coordinator has ended the stream");
        return _call.ResponseStream.Current;
    }

    public void Dispose()
    {
        _call.Dispose();
        _channel.Dispose();
        _bound.Dispose();
    }

    private static SocketsHttpHandler OverSocket(string path) => new()
    {
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
    };
}
