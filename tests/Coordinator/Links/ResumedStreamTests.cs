using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Worker.Links;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Tests.Links;

/// <summary>Tests that a stream continues over broken connections.</summary>
public sealed class ResumedStreamTests : IAsyncDisposable
{
    private readonly ControlScene _scene = new();

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    [Fact]
    public async Task Events_OverConnectionsThatAreCut_ArriveInOrderOnce()
    {
        await _scene.ListenAsync();
        var worker = _scene.Join(proxied: true);
        var link = await _scene.AttachedAsync();
        await ControlScene.NextAsync(link.Events);
        for (var i = 0; i < 2000; i++)
        {
            worker.Send(Numbered(i));
            if (i % 250 != 249) continue;
            // Cuts the connection in the middle of the events.
            for (var read = i - 249; read < i - 120; read++)
                Assert.Equal($"{read}", (await ControlScene.NextAsync(link.Events)).SaveFailed.Message);
            _scene.Proxy.Cut();
            for (var read = i - 120; read <= i; read++)
                Assert.Equal($"{read}", (await ControlScene.NextAsync(link.Events)).SaveFailed.Message);
        }

        Assert.InRange(_scene.Proxy.Accepted, 2, int.MaxValue);
        Assert.False(_scene.Attached.TryPeek(out _));
        Assert.Equal(0, worker.Dropped);
    }

    [Fact]
    public async Task Commands_OverConnectionsThatAreCut_ArriveInOrderOnce()
    {
        await _scene.ListenAsync();
        var worker = _scene.Join(proxied: true);
        var link = await _scene.AttachedAsync();
        for (var i = 0; i < 600; i++)
        {
            link.Send(Stop(i));
            if (i % 100 != 99) continue;
            for (var read = i - 99; read < i - 50; read++)
                Assert.Equal($"{read}", (await ControlScene.NextAsync(worker.Commands)).Stop.Reason);
            _scene.Proxy.Cut();
            for (var read = i - 50; read <= i; read++) Assert.Equal($"{read}", (await ControlScene.NextAsync(worker.Commands)).Stop.Reason);
        }

        Assert.InRange(_scene.Proxy.Accepted, 2, int.MaxValue);
    }

    [Fact]
    public async Task Messages_SentWhileTheConnectionIsBroken_ArriveAfterTheReconnect()
    {
        await _scene.ListenAsync();
        var worker = _scene.Join(proxied: true);
        var link = await _scene.AttachedAsync();
        _scene.Proxy.Close();
        worker.Send(Numbered(1));
        link.Send(Stop(2));

        _scene.Proxy.Open();

        Assert.Equal(WorkerEvent.EventOneofCase.Hello, (await ControlScene.NextAsync(link.Events)).EventCase);
        Assert.Equal("1", (await ControlScene.NextAsync(link.Events)).SaveFailed.Message);
        Assert.Equal("2", (await ControlScene.NextAsync(worker.Commands)).Stop.Reason);
    }

    [Fact]
    public async Task Events_OfAWorkerThatDoesNotReconnect_EndWithTheGracePeriod()
    {
        _scene.Options = _scene.Options with { Grace = TimeSpan.FromMilliseconds(50) };
        await _scene.ListenAsync();
        _scene.Join(proxied: true);
        var link = await _scene.AttachedAsync();

        _scene.Proxy.Close();

        Assert.Equal("its connection broke", (await Assert.ThrowsAsync<IOException>(() => ControlScene.EndAsync(link.Events))).Message);
    }

    [Fact]
    public async Task Join_AfterTheGracePeriod_IsAnotherLinkWithAllUnacknowledgedEvents()
    {
        _scene.Options = _scene.Options with { Grace = TimeSpan.FromMilliseconds(50) };
        await _scene.ListenAsync();
        var worker = _scene.Join(proxied: true, change: options => options with { BeatInterval = TimeSpan.FromMinutes(1) });
        var link = await _scene.AttachedAsync();
        worker.RejoinState = new RejoinState(new GroupEpoch(new JobId("tiny-1"), "learners", 4).At(17), IsRoleRunning: true);
        worker.Send(Numbered(1));
        link.Send(Stop(5));
        await ControlScene.NextAsync(worker.Commands);
        _scene.Proxy.Close();
        await Assert.ThrowsAsync<IOException>(() => ControlScene.EndAsync(link.Events));

        _scene.Proxy.Open();
        var next = await _scene.AttachedAsync();
        next.Send(Stop(6));

        var hello = (await ControlScene.NextAsync(next.Events)).Hello;
        Assert.Equal(("tiny-1", 4, 17, true), (hello.Assigned.Job, hello.Assigned.Epoch, hello.Assigned.Step, hello.RoleRunning));
        Assert.Equal("1", (await ControlScene.NextAsync(next.Events)).SaveFailed.Message);
        Assert.Equal("6", (await ControlScene.NextAsync(worker.Commands)).Stop.Reason);
    }

    [Fact]
    public async Task Join_WhileTheOldConnectionSeemsAlive_IsRetriedUntilItsLeaseExpires()
    {
        _scene.Options = _scene.Options with { Lease = TimeSpan.FromSeconds(1) };
        await _scene.ListenAsync();
        var worker = _scene.Join(proxied: true, change: options => options with { BeatInterval = TimeSpan.FromMilliseconds(400) });
        var link = await _scene.AttachedAsync();
        worker.Send(Numbered(1));
        for (var i = 0; i < 2; i++) await ControlScene.NextAsync(link.Events);

        _scene.Proxy.Strand();

        Assert.Equal("no message arrived for 1 s",
            (await Assert.ThrowsAsync<IOException>(() => ControlScene.EndAsync(link.Events))).Message);
        var next = await _scene.AttachedAsync();
        Assert.Equal(WorkerEvent.EventOneofCase.Hello, (await ControlScene.NextAsync(next.Events)).EventCase);
        Assert.InRange(_scene.Proxy.Accepted, 3, int.MaxValue); // the first, at least one that was refused, the last
    }

    [Fact]
    public async Task Join_ARestartedServer_ReceivesAllUnacknowledgedEvents()
    {
        var first = await _scene.ListenAsync();
        var worker = _scene.Join(change: options => options with { BeatInterval = TimeSpan.FromMinutes(1) });
        var link = await _scene.AttachedAsync();
        for (var i = 0; i < 10; i++) worker.Send(Numbered(i));
        for (var i = 0; i < 11; i++) await ControlScene.NextAsync(link.Events);
        link.Send(Stop(1));
        await ControlScene.NextAsync(worker.Commands);

        await first.DisposeAsync();
        Assert.Equal("the coordinator stops listening",
            (await Assert.ThrowsAsync<IOException>(() => ControlScene.EndAsync(link.Events))).Message);
        worker.Send(Numbered(10));
        await _scene.ListenAsync();
        var again = await _scene.AttachedAsync();
        again.Send(Stop(2));

        Assert.Equal(WorkerEvent.EventOneofCase.Hello, (await ControlScene.NextAsync(again.Events)).EventCase);
        for (var i = 0; i <= 10; i++) Assert.Equal($"{i}", (await ControlScene.NextAsync(again.Events)).SaveFailed.Message);
        Assert.Equal("2", (await ControlScene.NextAsync(worker.Commands)).Stop.Reason);
    }

    [Fact]
    public async Task Events_AreAcknowledgedOneHeartbeatLater()
    {
        var first = await _scene.ListenAsync();
        using var raw = new RawWorker(_scene.SocketPath);
        await raw.SendAsync(new WorkerEvent { Hello = ControlScene.Hello() });
        Assert.Equal(0, (await raw.ReceiveAsync()).Welcome.Received);
        await raw.SendAsync(Numbered(1, sequence: 1));
        await raw.SendAsync(new WorkerEvent { Beat = new Beat() });
        Assert.Equal(0, (await raw.ReceiveAsync()).Ack.Received);
        await raw.SendAsync(Numbered(2, sequence: 2));
        await raw.SendAsync(new WorkerEvent { Beat = new Beat() });

        Assert.Equal(1, (await raw.ReceiveAsync()).Ack.Received);
        await first.DisposeAsync();
    }

    [Fact]
    public async Task Events_BeyondTheBuffer_DropTheOldestAndAreCounted()
    {
        var worker = _scene.Join(change: options => options with { KeptEvents = 3 });
        for (var i = 0; i < 10; i++) worker.Send(Numbered(i));
        Assert.Equal(7, worker.Dropped);

        await _scene.ListenAsync();
        var link = await _scene.AttachedAsync();

        await ControlScene.NextAsync(link.Events);
        Assert.Equal("7", (await ControlScene.NextAsync(link.Events)).SaveFailed.Message);
    }

    [Fact]
    public async Task Join_BeforeTheCoordinatorListens_Waits()
    {
        var worker = _scene.Join();
        worker.Send(Numbered(1));
        Assert.False(worker.Commands.Completion.IsCompleted);

        await _scene.ListenAsync();

        var link = await _scene.AttachedAsync();
        Assert.Equal(WorkerEvent.EventOneofCase.Hello, (await ControlScene.NextAsync(link.Events)).EventCase);
        Assert.Equal("1", (await ControlScene.NextAsync(link.Events)).SaveFailed.Message);
    }

    [Fact]
    public async Task Commands_WhenThePatienceExpires_EndWithAddressAndTime()
    {
        var worker = _scene.Join(change: options => options with { ReconnectTimeout = TimeSpan.FromMilliseconds(200) });

        var error = await Assert.ThrowsAsync<CoordinatorException>(() => ControlScene.EndAsync(worker.Commands));

        Assert.Matches($"^The coordinator at unix:{_scene.SocketPath} cannot be reached: tried for [0-9.]+ s: ", error.Message);
    }

    [Fact]
    public async Task Join_WithAClockThatIsFarOff_LogsAWarning()
    {
        using var log = new RecordedLog();
        _scene.Logging = log;
        _scene.Time = new OtherClock(TimeSpan.FromSeconds(-10));
        await _scene.ListenAsync();
        _scene.Join();

        await _scene.AttachedAsync();

        var warning = Assert.Single(log.Entries, entry => entry.Level == LogLevel.Warning);
        Assert.Matches("^Worker worker-3/1: its clock is (9[.]9|10|10[.]1) s ahead of the coordinator's", warning.Text);
    }

    internal static WorkerEvent Numbered(int i, long sequence = 0) =>
        new() { SaveFailed = new SaveFailed { Message = $"{i}" }, Sequence = sequence };

    private static WorkerCommand Stop(int i) => new() { Stop = new StopJob { Reason = $"{i}" } };

    private sealed class OtherClock(TimeSpan ahead) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
    }
}
