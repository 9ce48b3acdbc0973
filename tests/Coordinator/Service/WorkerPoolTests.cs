using System.Threading.Channels;
using Distributed.Coordinator.Links;
using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Coordinator.Tests.Service;

/// <summary>Who works for whom, seen from jobs that the test plays itself.</summary>
public sealed class WorkerPoolTests : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private static readonly JobId First = new("first"), Second = new("second");

    private readonly ManualTime _time = new();
    private readonly WorkerPool _pool;
    private readonly Channel<bool> _changes = Channel.CreateUnbounded<bool>();

    public WorkerPoolTests()
    {
        _pool = new WorkerPool(new PoolOptions { DrainTimeout = TimeSpan.FromSeconds(7) }, _time, NullLogger<WorkerPool>.Instance);
        _pool.Changed += () => _changes.Writer.TryWrite(true);
    }

    public ValueTask DisposeAsync() => _pool.DisposeAsync();

    [Fact]
    public async Task Reserve_MoreThanAreIdle_GetsNone()
    {
        await Join("worker-0");

        Assert.Null(_pool.TryReserve(First, 2));
        Assert.Equal(1, _pool.Idle);
        Assert.NotNull(_pool.TryReserve(First, 1));
        Assert.Equal((0, WorkerState.Working, "first"), (_pool.Idle, _pool.Workers[0].State, _pool.Workers[0].Job));
    }

    [Fact]
    public async Task Lease_SaysHelloFirstAndCarriesOnlyItsJobsMessages()
    {
        var worker = await Join("worker-0");
        var lease = Held(_pool.TryReserve(First, 1)!)[0];
        Assert.Equal("worker-0", (await Next(lease)).Hello.Worker.Name);

        await Assign(lease, worker, First);
        worker.Say(new WorkerEvent { Ready = new Ready() });
        worker.End.Send(new WorkerEvent { Identity = new GroupEpoch(Second, "learners", 1).At(0), SaveFailed = new SaveFailed() });
        worker.Step(1);

        Assert.Equal(WorkerEvent.EventOneofCase.Ready, (await Next(lease)).EventCase);
        Assert.Equal(WorkerEvent.EventOneofCase.Step, (await Next(lease)).EventCase);
    }

    [Fact]
    public async Task Return_OfAWorkerThatHasEnded_IsIdleForTheNextJob()
    {
        var worker = await Join("worker-0");
        var demand = _pool.TryReserve(First, 1)!;
        var lease = Held(demand)[0];
        await Assign(lease, worker, First);
        worker.Finish();
        await Until(lease, WorkerEvent.EventOneofCase.Finished);

        demand.Ask(0);
        await lease.DisposeAsync();
        await lease.DisposeAsync();

        Assert.Equal((1, 0), (_pool.Idle, demand.Held)); // the job wants none any more
        var next = Held(_pool.TryReserve(Second, 1)!)[0];
        Assert.Equal("worker-0", (await Next(next)).Hello.Worker.Name);
        await Assign(next, worker, Second); // its stream goes on
    }

    [Fact]
    public async Task Return_OfAWorkerStillAtWork_IsToldToStopAndIdleOnlyWhenItHas()
    {
        var worker = await Join("worker-0");
        var demand = _pool.TryReserve(First, 1)!;
        var lease = Held(demand)[0];
        await Assign(lease, worker, First);

        demand.Ask(0);
        await lease.DisposeAsync();
        Assert.Equal((0, WorkerState.Draining), (_pool.Idle, _pool.Workers[0].State));
        Assert.False((await worker.Command()).Stop.Save);
        worker.Finish(stopped: true);

        await Until(() => _pool.Idle == 1);
        _time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(1, _pool.Idle);
    }

    [Fact]
    public async Task Return_OfAWorkerThatDoesNotStopInTime_ClosesItsStream()
    {
        var worker = await Join("worker-0");
        var lease = Held(_pool.TryReserve(First, 1)!)[0];
        await Assign(lease, worker, First);
        await lease.DisposeAsync();
        await worker.Command();

        _time.Advance(TimeSpan.FromSeconds(7));

        await worker.End.Commands.Completion.WaitAsync(Bound, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Lease_OfAWorkerThatReturnedAtWork_SaysWhatIsTrueWhenItIsGiven()
    {
        var group = new GroupEpoch(First, "learners", 4);
        using var demand = _pool.Reclaim(First, 1);
        var worker = await Join("worker-0", more: hello => (hello.Assigned, hello.RoleRunning) = (group.At(5), true));
        var lease = Held(demand)[0];
        Assert.True((await Next(lease)).Hello.RoleRunning);

        worker.End.Send(new WorkerEvent { Identity = group.At(6), Finished = new Finished { Stopped = true, Held = { ScriptedWorker.Part(6, 4, 1, 0) } } });
        await Until(lease, WorkerEvent.EventOneofCase.Finished);
        demand.Ask(0);
        await lease.DisposeAsync();

        using (var other = _pool.TryReserve(Second, 1)!)
        {
            var toOther = (await Next(Held(other)[0])).Hello;
            Assert.Equal((null, false, 0), (toOther.Assigned, toOther.RoleRunning, toOther.Held.Count));
        }

        demand.Ask(1);
        var again = (await Next(Held(demand)[0])).Hello;
        Assert.Equal((4, false, 1), (again.Assigned.Epoch, again.RoleRunning, again.Held.Count));
    }

    [Fact]
    public async Task Join_OfAWorkerThatHasEndedItsPart_ReturnsToItsOwnJobAndNotToAnother()
    {
        using var first = _pool.Reclaim(First, 1);
        using var second = _pool.Reclaim(Second, 1);
        await Join("worker-0", more: hello => hello.Assigned = new GroupEpoch(Second, "learners", 4).At(5));

        Assert.Equal((0, 1), (first.Held, second.Held));
    }

    [Fact]
    public async Task Reserve_WithFewerThanAreWanted_GetsThoseThatHoldItsPartsAndTheOthersAsTheyCome()
    {
        await Join("worker-0");
        await Join("worker-1", more: hello =>
        {
            hello.Assigned = new GroupEpoch(First, "learners", 4).At(5);
            hello.Held.Add(ScriptedWorker.Part(5, 4, 1, 0));
        });
        Assert.Null(_pool.TryReserve(First, 4, fewest: 3));
        using (_pool.TryReserve(First, 1)) Assert.Equal("first", _pool.Workers[1].Job);

        using var demand = _pool.TryReserve(First, 4, fewest: 2)!;
        await Join("worker-2");

        Assert.Equal(3, demand.Held);
    }

    [Fact]
    public async Task Leaving_OfAJobsWorker_EndsItsLeaseAndOffersAnother()
    {
        var worker = await Join("worker-0");
        var demand = _pool.TryReserve(First, 1)!;
        var leases = Channel.CreateUnbounded<IWorkerLink>();
        demand.Begin(link => leases.Writer.TryWrite(link));
        var lost = await leases.Reader.ReadAsync(TestContext.Current.CancellationToken);
        await Next(lost);

        await worker.Leave();
        await lost.Events.Completion.WaitAsync(Bound, TestContext.Current.CancellationToken);
        await Join("worker-1");

        Assert.Equal("worker-1", (await Next(await leases.Reader.ReadAsync(TestContext.Current.CancellationToken))).Hello.Worker.Name);
        Assert.Equal(1, demand.Held);
    }

    [Fact]
    public async Task Ask_ForMore_IsGivenIdleOnesNowAndOthersAsTheyCome()
    {
        await Join("worker-0");
        await Join("worker-1");
        var demand = _pool.TryReserve(First, 1)!;
        Assert.Equal((1, 1), (demand.Held, _pool.Idle)); // what it does not need stays in the pool

        demand.Ask(3);
        Assert.Equal((2, 0), (demand.Held, _pool.Idle));
        await Join("worker-2");
        Assert.Equal(3, demand.Held);
        demand.Dispose();
        Assert.Equal(3, _pool.Idle);
    }

    [Fact]
    public async Task Ask_ForFewer_TakesNoneAndThoseGivenBackAreNotReplaced()
    {
        for (var i = 0; i < 4; i++) await Join($"worker-{i}");
        var demand = _pool.TryReserve(First, 3)!;
        var leases = Held(demand);

        demand.Ask(2);
        Assert.Equal((3, 1), (demand.Held, _pool.Idle));
        await leases[2].DisposeAsync();
        Assert.Equal((2, 2, 2), (demand.Held, demand.Wanted, _pool.Idle));
    }

    [Fact]
    public async Task Join_OfASecondWorkerOfTheSameName_WaitsForTheFirstToGo()
    {
        var first = await Join("worker-0");
        await Join("worker-0", present: 2);

        Assert.Equal((1, 2), (_pool.Idle, _pool.Workers.Count));
        var demand = _pool.TryReserve(First, 1)!;
        Assert.Equal(0, _pool.Idle);
        await first.Leave();

        await Until(() => _pool.Workers.Count == 1 && demand.Held == 1);
    }

    [Fact]
    public async Task Join_WithoutAHello_IsSentAway()
    {
        var stranger = new ScriptedWorker("stranger");
        _pool.Add(stranger.Link.Coordinator);
        stranger.End.Send(new WorkerEvent { Ready = new Ready() });

        await stranger.End.Commands.Completion.WaitAsync(Bound, TestContext.Current.CancellationToken);
        Assert.Empty(_pool.Workers);
    }

    private static List<IWorkerLink> Held(WorkerRequest demand)
    {
        var leases = new List<IWorkerLink>();
        demand.Begin(leases.Add);
        return leases;
    }

    private static async Task Assign(IWorkerLink lease, ScriptedWorker worker, JobId job)
    {
        lease.Send(new WorkerCommand { Identity = new GroupEpoch(job, "learners", 1).At(0), Assign = new AssignPlan() });
        await worker.Assigned();
    }

    private static async Task<WorkerEvent> Next(IWorkerLink lease) =>
        await lease.Events.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Bound, TestContext.Current.CancellationToken);

    private static async Task Until(IWorkerLink lease, WorkerEvent.EventOneofCase which)
    {
        while ((await Next(lease)).EventCase != which)
        {
        }
    }

    private async Task<ScriptedWorker> Join(string name, int present = 1, Action<Hello>? more = null)
    {
        var worker = new ScriptedWorker(name);
        _pool.Add(worker.Link.Coordinator);
        worker.Hello(more);
        await Until(() => _pool.Workers.Count(view => view.Id.Name == name) >= present);
        return worker;
    }

    private async Task Until(Func<bool> condition)
    {
        using var bound = new CancellationTokenSource(Bound);
        while (!condition()) await _changes.Reader.ReadAsync(bound.Token);
    }
}
