using Distributed.Protocol;
using Distributed.Protocol.Versions;
using Distributed.Worker.Links;
using Grpc.Core;

namespace Distributed.Coordinator.Tests.Links;

/// <summary>Tests which streams are admitted, and the messages of refusals.</summary>
public sealed class AdmissionTests : IAsyncDisposable
{
    private readonly ControlScene _scene = new();

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    [Fact]
    public async Task Join_TheNameOfALiveWorker_IsRefusedNamingBoth()
    {
        await _scene.ListenAsync();
        _scene.Join(incarnation: "first");
        await _scene.AttachedAsync();
        using var second = new RawWorker(_scene.SocketPath);
        await second.SendAsync(new WorkerEvent { Hello = ControlScene.Hello(incarnation: "second") });

        var error = await Assert.ThrowsAsync<RpcException>(second.ReceiveAsync);

        Assert.Equal(StatusCode.AlreadyExists, error.StatusCode);
        Assert.Contains("worker worker-3/second has the same name as worker worker-3/first, which is alive", error.Status.Detail,
            StringComparison.Ordinal);
        Assert.False(_scene.Attached.TryPeek(out _));
    }

    [Fact]
    public async Task Commands_OfAWorkerWhoseNameIsTaken_EndWithAMessageThatNamesBoth()
    {
        await _scene.ListenAsync();
        _scene.Join(incarnation: "first");
        var link = await _scene.AttachedAsync();
        var second = _scene.Join(incarnation: "second", change: options => options with { BeatInterval = TimeSpan.FromMilliseconds(10) });

        var error = await Assert.ThrowsAsync<CoordinatorException>(() => ControlScene.EndAsync(second.Commands));

        Assert.Contains("refuses this worker: worker worker-3/second has the same name as worker worker-3/first", error.Message,
            StringComparison.Ordinal);
        Assert.False(link.Events.Completion.IsCompleted);
    }

    [Fact]
    public async Task Join_ASecondLiveStreamOfAWorker_IsRefused()
    {
        await _scene.ListenAsync();
        _scene.Join();
        await _scene.AttachedAsync();
        using var second = new RawWorker(_scene.SocketPath);
        await second.SendAsync(new WorkerEvent { Hello = ControlScene.Hello() });

        var error = await Assert.ThrowsAsync<RpcException>(second.ReceiveAsync);

        Assert.Equal((StatusCode.AlreadyExists, "worker worker-3/1 already has a live stream and cannot have a second one"),
            (error.StatusCode, error.Status.Detail));
    }

    [Fact]
    public async Task Join_AnotherIncarnationOfAWorkerWhoseStreamBroke_ReplacesIt()
    {
        await _scene.ListenAsync();
        _scene.Join(incarnation: "first", proxied: true);
        var first = await _scene.AttachedAsync();
        _scene.Proxy.Close();
        _scene.Join(incarnation: "second");

        var second = await _scene.AttachedAsync();

        Assert.Equal("second", (await ControlScene.NextAsync(second.Events)).Hello.Worker.Incarnation);
        Assert.Equal("worker-3/second replaced it",
            (await Assert.ThrowsAsync<IOException>(() => ControlScene.EndAsync(first.Events))).Message);
    }

    [Fact]
    public async Task Join_AnotherIncarnationOfAWorkerWhoseLeaseHasExpired_IsAdmitted()
    {
        _scene.Options = _scene.Options with { Lease = TimeSpan.FromMilliseconds(200) };
        await _scene.ListenAsync();
        using var silent = new RawWorker(_scene.SocketPath);
        await silent.SendAsync(new WorkerEvent { Hello = ControlScene.Hello(incarnation: "first") });
        var first = await _scene.AttachedAsync();
        Assert.Equal("no message arrived for 0.2 s",
            (await Assert.ThrowsAsync<IOException>(() => ControlScene.EndAsync(first.Events))).Message);

        _scene.Join(incarnation: "second");

        Assert.Equal("second", (await ControlScene.NextAsync((await _scene.AttachedAsync()).Events)).Hello.Worker.Incarnation);
    }

    [Fact]
    public async Task Events_OfAWorkerThatLeaves_EndWithoutTheGracePeriod()
    {
        await _scene.ListenAsync();
        using var worker = new RawWorker(_scene.SocketPath);
        await worker.SendAsync(new WorkerEvent { Hello = ControlScene.Hello() });
        var link = await _scene.AttachedAsync();

        await worker.LeaveAsync();

        Assert.Single(await ControlScene.EndAsync(link.Events));
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "0.9.0")]
    [InlineData(ProtocolVersion.Current + 1, "9.8.7")]
    public async Task Join_AWorkerOfAnotherVersion_IsRefusedWithAMessageThatNamesBoth(int version, string program)
    {
        await _scene.ListenAsync();
        using var worker = new RawWorker(_scene.SocketPath);
        var hello = ControlScene.Hello();
        (hello.ProtocolVersion, hello.ProgramVersion) = (version, program);
        await worker.SendAsync(new WorkerEvent { Hello = hello });

        var error = await Assert.ThrowsAsync<RpcException>(worker.ReceiveAsync);

        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Contains(
            $"worker worker-3 uses version {version} of the protocol (program {(program.Length == 0 ? "unknown" : program)})",
            error.Status.Detail, StringComparison.Ordinal);
        Assert.Contains($"this coordinator uses version {ProtocolVersion.Current} (program {ProtocolVersion.Program})",
            error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Join_AWorkerWithoutAHello_IsRefused()
    {
        await _scene.ListenAsync();
        using var worker = new RawWorker(_scene.SocketPath);
        await worker.SendAsync(new WorkerEvent { Ready = new Ready() });

        var error = await Assert.ThrowsAsync<RpcException>(worker.ReceiveAsync);

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains("A worker's first message must be a Hello", error.Status.Detail, StringComparison.Ordinal);
    }
}
