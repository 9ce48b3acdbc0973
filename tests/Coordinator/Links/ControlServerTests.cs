using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Protocol.Versions;
using Distributed.Worker.Links;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Coordinator.Tests.Links;

/// <summary>Tests streams between a coordinator and workers over gRPC from both ends.</summary>
public sealed class ControlServerTests : IAsyncLifetime
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("control-test-").FullName;
    private readonly Channel<IWorkerLink> _attached = Channel.CreateUnbounded<IWorkerLink>();
    private ControlServer? _server;

    private string SocketPath => Path.Combine(_folder, "control");

    public async ValueTask InitializeAsync() =>
        _server = await ControlServer.StartAsync(
            new ControlOptions { SocketPath = SocketPath, Lease = TimeSpan.FromMilliseconds(500) }, link => _attached.Writer.TryWrite(link),
            TimeProvider.System, NullLoggerFactory.Instance);

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Join_AWorkerOfThisVersion_CarriesMessagesBothWaysInOrder()
    {
        await using var worker = Connect();
        worker.Send(Hello());
        var link = await AttachedAsync();
        for (var i = 0; i < 100; i++)
        {
            link.Send(new WorkerCommand { Stop = new StopJob { Reason = $"{i}" } });
            worker.Send(new WorkerEvent { SaveFailed = new SaveFailed { Message = $"{i}" } });
        }

        Assert.Equal("worker-3", (await NextAsync(link.Events)).Hello.Worker.Name);
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal($"{i}", (await NextAsync(worker.Commands)).Stop.Reason);
            Assert.Equal($"{i}", (await NextAsync(link.Events)).SaveFailed.Message);
        }
    }

    [Fact]
    public async Task Join_OverTheLoopbackInterface_CarriesMessagesBothWays()
    {
        await using var server = await ControlServer.StartAsync(
            new ControlOptions { Listen = new IPEndPoint(IPAddress.Loopback, 0) }, link => _attached.Writer.TryWrite(link),
            TimeProvider.System, NullLoggerFactory.Instance);
        await using var worker = Connect(address: CoordinatorAddress.TryParse($"http://{server.Listening}")!);
        worker.Send(Hello());
        var link = await AttachedAsync();
        link.Send(new WorkerCommand { Stop = new StopJob { Reason = "over TCP" } });

        Assert.Equal("over TCP", (await NextAsync(worker.Commands)).Stop.Reason);
    }

    [Fact]
    public async Task Commands_OfAWorkerOfAnotherVersion_EndWithAMessageThatNamesBoth()
    {
        await using var worker = Connect();
        worker.Send(Hello(version: 9, program: "9.8.7"));

        var error = await Assert.ThrowsAsync<CoordinatorException>(() => EndAsync(worker.Commands));

        Assert.Contains("refuses this worker: worker worker-3 uses version 9 of the protocol (program 9.8.7)", error.Message,
            StringComparison.Ordinal);
        Assert.False(_attached.Reader.TryPeek(out _));
    }

    [Fact]
    public async Task Events_OfASilentWorker_EndWithItsLease()
    {
        await using var worker = Connect(beat: TimeSpan.FromMinutes(1));
        worker.Send(Hello());
        var link = await AttachedAsync();

        var error = await Assert.ThrowsAsync<IOException>(() => EndAsync(link.Events));

        Assert.Equal("no message arrived for 0.5 s", error.Message);
    }

    [Fact]
    public async Task Events_OfAWorkerThatSendsHeartbeats_ContinueAfterItsLease()
    {
        await using var worker = Connect(beat: TimeSpan.FromMilliseconds(50));
        worker.Send(Hello());
        var link = await AttachedAsync();
        await NextAsync(link.Events);
        var leases = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        for (var i = 0; i < 3; i++) Assert.True(await leases.WaitForNextTickAsync(TestContext.Current.CancellationToken));

        worker.Send(new WorkerEvent { Ready = new Ready() });

        Assert.Equal(WorkerEvent.EventOneofCase.Ready, (await NextAsync(link.Events)).EventCase);
        leases.Dispose();
    }

    [Fact]
    public async Task Dispose_OfEitherEnd_EndsTheOther()
    {
        await using var worker = Connect();
        worker.Send(Hello());
        var link = await AttachedAsync();
        await link.DisposeAsync();
        await EndAsync(worker.Commands);
        await worker.DisposeAsync(); // frees the name

        var leaving = Connect();
        leaving.Send(Hello());
        var left = await AttachedAsync();
        await leaving.DisposeAsync();
        await EndAsync(left.Events);
    }

    [Fact]
    public async Task Start_WhereAKilledServerLeftItsSocket_Listens()
    {
        var path = Path.Combine(_folder, "left");
        using (var left = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            left.Bind(new UnixDomainSocketEndPoint(path + "-moved"));
            File.Move(path + "-moved", path); // so that closing the socket does not delete the file
        }

        await using var server = await ControlServer.StartAsync(new ControlOptions { SocketPath = path }, _ => { }, TimeProvider.System,
            NullLoggerFactory.Instance);
    }

    [Fact]
    public async Task Start_WhereAnotherServerListens_Fails() =>
        await Assert.ThrowsAsync<IOException>(
            () => ControlServer.StartAsync(new ControlOptions { SocketPath = SocketPath }, _ => { }, TimeProvider.System,
                NullLoggerFactory.Instance));

    [Fact]
    public async Task Start_WithSettingsOutOfRange_NamesThemAll()
    {
        var options = new ControlOptions
        {
            SocketPath = new string('x', 108), Lease = TimeSpan.Zero, Grace = -TimeSpan.FromSeconds(1), HelloTimeout = TimeSpan.Zero
        };

        var error = await Assert.ThrowsAsync<ArgumentException>(
            () => ControlServer.StartAsync(options, _ => { }, TimeProvider.System, NullLoggerFactory.Instance));

        Assert.All(["SocketPath", "Lease", "Grace", "HelloTimeout"],
            name => Assert.Contains(name, error.Message, StringComparison.Ordinal));
    }

    private GrpcCoordinatorLink Connect(TimeSpan? beat = null, CoordinatorAddress? address = null) => new(
        new CoordinatorLinkOptions
        {
            Address = address ?? new CoordinatorAddress(SocketPath), BeatInterval = beat ?? TimeSpan.FromMilliseconds(100)
        }, TimeProvider.System, NullLogger<GrpcCoordinatorLink>.Instance);

    private static WorkerEvent Hello(int version = ProtocolVersion.Current, string program = "1.0.0") =>
        new()
        {
            Hello = new Hello
            {
                Worker = new WorkerId("worker-3", "1").ToWire(), Cores = 1, ProtocolVersion = version, ProgramVersion = program
            }
        };

    private async Task<IWorkerLink> AttachedAsync() => await NextAsync(_attached.Reader);

    private static async Task<T> NextAsync<T>(ChannelReader<T> reader)
    {
        using var bound = new CancellationTokenSource(Bound);
        return await reader.ReadAsync(bound.Token);
    }

    private static async Task EndAsync<T>(ChannelReader<T> reader)
    {
        using var bound = new CancellationTokenSource(Bound);
        await foreach (var _ in reader.ReadAllAsync(bound.Token)) { }
    }
}
