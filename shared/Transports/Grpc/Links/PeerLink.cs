using System.Security.Authentication;
using Distributed.Protocol;
using Distributed.Transports.Grpc.Frames;
using Distributed.Transports.Grpc.Server;
using Grpc.Core;
using Grpc.Net.Client;
using Polly;
using Polly.Retry;

namespace Distributed.Transports.Grpc.Links;

/// <summary>Client of another rank: joins it, reads all its lanes, and sends it abort notices.</summary>
internal sealed class PeerLink : IAsyncDisposable
{
    private readonly GrpcFabric _fabric;
    private readonly GrpcChannel[] _channels; // by lane
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _reading = [];

    public PeerLink(GrpcFabric fabric, int peer, Uri address)
    {
        (_fabric, Peer, Address) = (fabric, peer, address);
        _channels = [.. Enumerable.Range(0, 1 + fabric.ServerOptions.DataLanes).Select(_ => Channels.To(address, fabric.ServerOptions))];
    }

    public int Peer { get; }

    public Uri Address { get; }

    /// <summary>Why the link is not connected yet.</summary>
    public string LastProblem { get; private set; } = "no answer yet";

    public bool IsLost { get; private set; }

    /// <summary>Joins the peer as soon as it is available, then starts to read its lanes.</summary>
    public async Task ConnectAsync(CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stopping.Token);
        var hello = await Retries().ExecuteAsync(async token => await JoinAsync(token), stop.Token);
        if (_fabric.MapGroups(Peer, hello) is { } refusal)
        {
            LastProblem = refusal.Text;
            throw new InvalidDataException(refusal.Text);
        }

        for (var lane = 0; lane < _channels.Length; lane++)
        {
            var reader = new FrameReader(_fabric, Peer);
            var method = DataExchangeMethods.AttachWith(FrameReceipt.Marshaller(reader.Accept));
            var request = new AttachLane { Hello = _fabric.Hello, Lane = lane };
            var call = _channels[lane].CreateCallInvoker().AsyncServerStreamingCall(method, null,
                new CallOptions(cancellationToken: _stopping.Token), request);
            await call.ResponseHeadersAsync.WaitAsync(stop.Token);
            _reading.Add(ReadAsync(call, lane, reader));
        }
    }

    public async Task<AbortNotice> AbortAsync(AbortNotice notice, CancellationToken cancellation) => await _channels[0]
        .CreateCallInvoker().AsyncUnaryCall(DataExchangeMethods.Abort, null, new CallOptions(cancellationToken: cancellation), notice);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_reading);
        foreach (var channel in _channels) channel.Dispose();
    }

    private async Task<ExchangeHello> JoinAsync(CancellationToken cancellation)
    {
        try
        {
            return await _channels[0].CreateCallInvoker()
                .AsyncUnaryCall(DataExchangeMethods.Join, null, new CallOptions(cancellationToken: cancellation), _fabric.Hello);
        }
        catch (RpcException e) when (e.StatusCode != StatusCode.Cancelled)
        {
            LastProblem = e.Status.Detail;
            throw;
        }
    }

    // Retries until the peer is available and in this epoch. Errors that no retry can fix are thrown.
    private ResiliencePipeline Retries() => new ResiliencePipelineBuilder { TimeProvider = _fabric.ServerOptions.TimeProvider }
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<RpcException>(IsTransient),
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromMilliseconds(20),
            MaxDelay = TimeSpan.FromSeconds(1),
            OnRetry = _ =>
            {
                GrpcLog.PeerNotReady(_fabric.Logger, _fabric.Identity, _fabric.Rank, Peer, Address, LastProblem);
                return default;
            },
        }).Build();

    private static bool IsTransient(RpcException error)
    {
        for (Exception? e = error; e is not null; e = e.InnerException ?? (e as RpcException)?.Status.DebugException)
        {
            if (e is AuthenticationException) return false;
        }
        return error.StatusCode is StatusCode.Unavailable or StatusCode.NotFound or StatusCode.Internal;
    }

    private async Task ReadAsync(AsyncServerStreamingCall<FrameReceipt> call, int lane, FrameReader reader)
    {
        using (call)
        {
            try
            {
                while (await call.ResponseStream.MoveNext(_stopping.Token))
                {
                    if (call.ResponseStream.Current != FrameReceipt.Broken) continue;
                    Lose($"a frame that it sent is refused: {reader.Broken?.Text}", null);
                    return;
                }

                // Only lane 0 counts: when a peer closes in order, its other lanes end first.
                if (lane == 0 && !_fabric.HasLeft(Peer)) Lose("it closed the connection", null);
            }
            catch (Exception e)
            {
                if (_stopping.IsCancellationRequested) return;
                if (e is RpcException { StatusCode: StatusCode.ResourceExhausted } large)
                    _fabric.Refuse(new Refusal(RefusalKind.Length, large.Status.Detail), Peer);
                if (!_fabric.HasLeft(Peer)) Lose($"the connection broke: {(e as RpcException)?.Status.Detail ?? e.Message}", e);
            }
        }
    }

    private void Lose(string why, Exception? cause)
    {
        IsLost = true;
        _fabric.RaiseInBackground(Groups.FenceCause.Reported(Peer, new PeerLostException(Peer, Address, why, cause)));
    }
}
