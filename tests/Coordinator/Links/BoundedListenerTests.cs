using System.Net;
using System.Net.Sockets;
using Distributed.Coordinator.Links;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Distributed.Coordinator.Tests.Links;

/// <summary>Tests that an endpoint closes connections beyond its limit at once.</summary>
public sealed class BoundedListenerTests
{
    [Fact]
    public async Task Accept_BeyondTheLimit_ClosesTheConnectionUntilAnotherEnds()
    {
        var stop = TestContext.Current.CancellationToken;
        var sockets = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        await using var listener = await new BoundedListeners(sockets, _ => 1,
            NullLogger.Instance).BindAsync(new IPEndPoint(IPAddress.Loopback, 0), stop);
        using var first = await ConnectAsync(listener.EndPoint);
        var accepted = (await listener.AcceptAsync(stop))!;
        var next = listener.AcceptAsync(stop).AsTask();

        using var second = await ConnectAsync(listener.EndPoint);
        Assert.True(await ClosedAsync(second));
        Assert.False(next.IsCompleted);

        accepted.Abort();
        await accepted.DisposeAsync();
        var callers = new List<Socket>();
        while (!next.IsCompleted) // the end of a connection is detected with a delay
        {
            callers.Add(await ConnectAsync(listener.EndPoint));
            await Task.WhenAny(next, ClosedAsync(callers[^1]));
        }

        await using var another = (await next)!;
        Assert.Equal(callers[^1].LocalEndPoint, another.RemoteEndPoint);
        callers.ForEach(caller => caller.Dispose());
    }

    [Theory]
    [InlineData(null, 4096, 6144)]
    [InlineData(1024L, 184, 276)]
    [InlineData(336L, 12, 18)]
    [InlineData(10L, 8, 12)]
    public void Bounds_OfALimitOfOpenFiles_ReserveFilesForTheCoordinator(long? limit, int api, int workers) =>
        Assert.Equal(new ConnectionBounds(api, workers), ConnectionBounds.Of(limit));

    private static async Task<Socket> ConnectAsync(EndPoint endpoint)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endpoint, TestContext.Current.CancellationToken);
        }
        catch (SocketException reset) when (reset.SocketErrorCode == SocketError.ConnectionReset)
        {
            // The endpoint closed the connection at once.
        }

        return socket;
    }

    private static async Task<bool> ClosedAsync(Socket socket)
    {
        try
        {
            return await socket.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
