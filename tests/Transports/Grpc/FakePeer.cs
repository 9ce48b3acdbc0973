using System.Net;
using System.Threading.Channels;
using Distributed.Protocol;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Distributed.Transports.Tests.Grpc;

/// <summary>Rank 1 of two, which performs the handshake correctly and then sends any frames that a test chooses.</summary>
internal sealed class FakePeer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<byte[]> _sending = Channel.CreateUnbounded<byte[]>();
    private RawRank? _reading;
    private readonly List<HttpResponseMessage> _lanes = [];
    private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private FakePeer(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.First());

    /// <summary>Completes when a server reads from this peer.</summary>
    public Task Read => _read.Task;

    private static ExchangeHello Hello => new() { Version = 1, Identity = GrpcWorld.Identity.At(0), Rank = 1, Size = 2 };

    public static async Task<FakePeer> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        var peer = new FakePeer(app);
        app.Run(peer.AnswerAsync);
        await app.StartAsync();
        return peer;
    }

    /// <summary>
    /// Connects the only server of the world as rank 0 to this peer, which reads the lane of announcements and ignores them.
    /// </summary>
    public async Task<IExchange> ConnectAsync(GrpcWorld world, ExchangeOptions? options = null)
    {
        var member = world.Member(0) with { Addresses = [world.Addresses[0], Address] };
        var connecting = world.Servers[0].ConnectAsync(member, options, TestContext.Current.CancellationToken);
        _reading = new RawRank(world.Addresses[0]);
        await _reading.JoinAsync(Hello);
        await ReadAsync(lane: 0);
        return (await connecting).World;
    }

    /// <summary>Returns the bytes that the server sends on a lane. The peer reads only as far as the test reads.</summary>
    public async Task<Stream> ReadAsync(int lane)
    {
        var response = await _reading!.AttachAsync(Hello, lane);
        _lanes.Add(response);
        return await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
    }

    public void Send(TestFrame frame) => SendRaw(RawRank.Framed(frame.ToBytes()));

    public void SendRaw(byte[] bytes) => Assert.True(_sending.Writer.TryWrite(bytes));

    public async ValueTask DisposeAsync()
    {
        _sending.Writer.TryComplete();
        foreach (var lane in _lanes) lane.Dispose();
        _reading?.Dispose();
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var message = body.ToArray()[5..];
        switch (context.Request.Path.Value!.Split('/')[^1])
        {
            case "Join":
                await context.Response.Body.WriteAsync(RawRank.Framed(Hello.ToByteArray()));
                break;
            case "Abort":
                await context.Response.Body.WriteAsync(RawRank.Framed(message));
                break;
            case "Attach":
                await context.Response.Body.FlushAsync(); // the headers
                var lane = AttachLane.Parser.ParseFrom(message).Lane;
                if (lane == 0)
                {
                    _read.TrySetResult();
                    await foreach (var bytes in _sending.Reader.ReadAllAsync(context.RequestAborted))
                    {
                        await context.Response.Body.WriteAsync(bytes);
                        await context.Response.Body.FlushAsync();
                    }
                }
                break;
        }
        context.Response.AppendTrailer("grpc-status", "0");
    }
}
