using System.Threading.Channels;
using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Protocol.Versions;
using Distributed.Worker.Links;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Coordinator.Tests.Links;

/// <summary>A server on a socket, a proxy in front of it, and workers that connect through the proxy or directly.</summary>
internal sealed class ControlScene : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("control-test-").FullName;
    private readonly List<GrpcCoordinatorLink> _workers = [];
    private Channel<IWorkerLink> _attached = Channel.CreateUnbounded<IWorkerLink>();
    private ControlServer? _server;
    private CuttableProxy? _proxy;

    public ControlScene() =>
        Options = new ControlOptions { SocketPath = SocketPath, Grace = TimeSpan.FromSeconds(20), Lease = TimeSpan.FromSeconds(20) };

    public ControlOptions Options { get; set; }

    public TimeProvider Time { get; set; } = TimeProvider.System;

    public ILoggerFactory Logging { get; set; } = NullLoggerFactory.Instance;

    public string SocketPath => Path.Combine(_folder, "control");

    public CuttableProxy Proxy => _proxy ??= new CuttableProxy(Path.Combine(_folder, "proxy"), SocketPath);

    public ChannelReader<IWorkerLink> Attached => _attached.Reader;

    public async Task<ControlServer> ListenAsync()
    {
        var attached = _attached = Channel.CreateUnbounded<IWorkerLink>();
        return _server = await ControlServer.StartAsync(Options, link => attached.Writer.TryWrite(link), Time, Logging);
    }

    /// <summary>Connects a worker that sends its <c>Hello</c>.</summary>
    public GrpcCoordinatorLink Join(string name = "worker-3", string incarnation = "1", bool proxied = false,
        Func<CoordinatorLinkOptions, CoordinatorLinkOptions>? change = null)
    {
        if (proxied) _ = Proxy;
        var options = new CoordinatorLinkOptions
        {
            Address = new CoordinatorAddress(proxied ? Path.Combine(_folder, "proxy") : SocketPath),
            BeatInterval = TimeSpan.FromMilliseconds(20), ReconnectTimeout = Bound
        };
        var worker = new GrpcCoordinatorLink(change?.Invoke(options) ?? options, TimeProvider.System,
            NullLogger<GrpcCoordinatorLink>.Instance);
        _workers.Add(worker);
        worker.Send(new WorkerEvent { Hello = Hello(name, incarnation) });
        return worker;
    }

    public static Hello Hello(string name = "worker-3", string incarnation = "1") =>
        new()
        {
            Worker = new WorkerId(name, incarnation).ToWire(), Cores = 1, ProtocolVersion = ProtocolVersion.Current,
            ProgramVersion = "1.0.0"
        };

    public async Task<IWorkerLink> AttachedAsync() => await NextAsync(_attached.Reader);

    public static async Task<T> NextAsync<T>(ChannelReader<T> reader)
    {
        using var bound = new CancellationTokenSource(Bound);
        return await reader.ReadAsync(bound.Token);
    }

    /// <summary>Reads all items until the channel completes.</summary>
    public static async Task<IReadOnlyList<T>> EndAsync<T>(ChannelReader<T> reader)
    {
        using var bound = new CancellationTokenSource(Bound);
        var all = new List<T>();
        await foreach (var item in reader.ReadAllAsync(bound.Token)) all.Add(item);
        return all;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers) await worker.DisposeAsync();
        if (_proxy is not null) await _proxy.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
