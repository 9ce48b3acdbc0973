using System.Threading.Channels;
using Distributed.Coordinator.Links;
using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Coordinator.Tests.Service;

/// <summary>Allocation of workers, from the perspective of jobs that the test simulates.</summary>
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
    public async Task Reserve_MoreThanAreIdle_ReturnsNull()
    {
        await Join("worker-0");

        Assert.Null(_pool.TryReserve(First, 2));
        Assert.Equal(1, _pool.Idle);
        Assert.NotNull(_pool.TryReserve(First, 1));
        Assert.Equal((0, WorkerState.Working, "first"), (_pool.Idle, _pool.Workers[0].State, _pool.Workers[0].Job));
    }

    [Fact]
    public async Task Allocation_SendsHelloFirstAndOnlyItsJobsMessages()
    {
        var worker = await Join("worker-0");
        var allocation = Held(_pool.TryReserve(First, 1)!)[0];
        Assert.Equal("worker-0", (await Next(allocation)).Hello.Worker.Name);

        await Assign(allocation, worker, First);
        worker.Send(new WorkerEvent { Ready = new Ready() });
        worker.End.Send(new WorkerEvent { Identity = new GroupEpoch(Second, "learners", 1).At(0), SaveFailed = new SaveFailed() });
        worker.Step(1);

        Assert.Equal(WorkerEvent.EventOneofCase.Ready, (await Next(allocation)).EventCase);
        Assert.Equal(WorkerEvent.EventOneofCase.Step, (await Next(allocation)).EventCase);
    }

    [Fact]
    public async Task Return_OfAWorkerThatHasFinished_MakesItIdleForTheNextJob()
    {
        var worker = await Join("worker-0");
        var request = _pool.TryReserve(First, 1)!;
        var allocation = Held(request)[0];
        await Assign(allocation, worker, First);
        worker.Finish();
        await Until(allocation, WorkerEvent.EventOneofCase.Finished);

        request.SetTarget(0);
        await allocation.DisposeAsync();
        await allocation.DisposeAsync();

        Assert.Equal((1, 0), (_pool.Idle, request.Held)); // the job wants no worker any more
        var next = Held(_pool.TryReserve(Second, 1)!)[0];
        Assert.Equal("worker-0", (await Next(next)).Hello.Worker.Name);
        await Assign(next, worker, Second); // its stream is still open
    }

    [Fact]
    public async Task Return_OfARunningWorker_StopsItAndMakesItIdleOnceItHasStopped()
    {
        var worker = await Join("worker-0");
        var request = _pool.TryReserve(First, 1)!;
        var allocation = Held(request)[0];
        await Assign(allocation, worker, First);

        request.SetTarget(0);
        await allocation.DisposeAsync();
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
        var allocation = Held(_pool.TryReserve(First, 1)!)[0];
        await Assign(allocation, worker, First);
        await allocation.DisposeAsync();
        await worker.Command();

        _time.Advance(TimeSpan.FromSeconds(7));

        await worker.End.Commands.Completion.WaitAsync(Bound, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Allocation_OfAWorkerThatReturnedWhileRunning_HasItsStateAtTheTimeOfAllocation()
    {
        var group = new GroupEpoch(First, "learners", 4);
        using var request = _pool.Reclaim(First, 1);
        var worker = await Join("worker-0", more: hello => (hello.Assigned, hello.RoleRunning) = (group.At(5), true));
        var allocation = Held(request)[0];
        Assert.True((await Next(allocation)).Hello.RoleRunning);

        worker.End.Send(new WorkerEvent
        {
            Identity = group.At(6), Finished = new Finished { Stopped = true, Held = { ScriptedWorker.Part(6, 4, 1, 0) } }
        });
        await Until(allocation, WorkerEvent.EventOneofCase.Finished);
        request.SetTarget(0);
        await allocation.DisposeAsync();

        using (var other = _pool.TryReserve(Second, 1)!)
        {
            var toOther = (await Next(Held(other)[0])).Hello;
            Assert.Equal((null, false, 0), (toOther.Assigned, toOther.RoleRunning, toOther.Held.Count));
        }

        request.SetTarget(1);
        var again = (await Next(Held(request)[0])).Hello;
        Assert.Equal((4, false, 1), (again.Assigned.Epoch, again.RoleRunning, again.Held.Count));
    }

    [Fact]
    public async Task Join_OfAWorkerThatHasFinishedItsRole_ReturnsToItsOwnJobAndNotToAnother()
    {
        using var first = _pool.Reclaim(First, 1);
        using var second = _pool.Reclaim(Second, 1);
        await Join("worker-0", more: hello => hello.Assigned = new GroupEpoch(Second, "learners", 4).At(5));

        Assert.Equal((0, 1), (first.Held, second.Held));
    }

    [Fact]
    public async Task Reserve_WithFewerThanWanted_GetsHoldersOfItsPartsFirstAndOthersAsTheyJoin()
    {
        await Join("worker-0");
        await Join("worker-1", more: hello =>
        {
            hello.Assigned = new GroupEpoch(First, "learners", 4).At(5);
            hello.Held.Add(ScriptedWorker.Part(5, 4, 1, 0));
        });
        Assert.Null(_pool.TryReserve(First, 4, fewest: 3));
        using (_pool.TryReserve(First, 1)) Assert.Equal("first", _pool.Workers[1].Job);

        using var request = _pool.TryReserve(First, 4, fewest: 2)!;
        await Join("worker-2");

        Assert.Equal(3, request.Held);
    }

    [Fact]
    public async Task Leave_OfAJobsWorker_EndsItsAllocationAndOffersAnother()
    {
        var worker = await Join("worker-0");
        var request = _pool.TryReserve(First, 1)!;
        var allocations = Channel.CreateUnbounded<IWorkerLink>();
        request.Begin(link => allocations.Writer.TryWrite(link));
        var lost = await allocations.Reader.ReadAsync(TestContext.Current.CancellationToken);
        await Next(lost);

        await worker.Leave();
        await lost.Events.Completion.WaitAsync(Bound, TestContext.Current.CancellationToken);
        await Join("worker-1");

        Assert.Equal("worker-1", (await Next(await allocations.Reader.ReadAsync(TestContext.Current.CancellationToken))).Hello.Worker.Name);
        Assert.Equal(1, request.Held);
    }

    [Fact]
    public async Task Ask_ForMore_AllocatesIdleWorkersNowAndOthersAsTheyJoin()
    {
        await Join("worker-0");
        await Join("worker-1");
        var request = _pool.TryReserve(First, 1)!;
        Assert.Equal((1, 1), (request.Held, _pool.Idle)); // the other worker stays in the pool

        request.SetTarget(3);
        Assert.Equal((2, 0), (request.Held, _pool.Idle));
        await Join("worker-2");
        Assert.Equal(3, request.Held);
        request.Dispose();
        Assert.Equal(3, _pool.Idle);
    }

    [Fact]
    public async Task Ask_ForFewer_TakesNoneAndDoesNotReplaceReturnedWorkers()
    {
        for (var i = 0; i < 4; i++) await Join($"worker-{i}");
        var request = _pool.TryReserve(First, 3)!;
        var allocations = Held(request);

        request.SetTarget(2);
        Assert.Equal((3, 1), (request.Held, _pool.Idle));
        await allocations[2].DisposeAsync();
        Assert.Equal((2, 2, 2), (request.Held, request.Target, _pool.Idle));
    }

    [Fact]
    public async Task Join_OfASecondWorkerOfTheSameName_WaitsForTheFirstToLeave()
    {
        var first = await Join("worker-0");
        await Join("worker-0", present: 2);

        Assert.Equal((1, 2), (_pool.Idle, _pool.Workers.Count));
        var request = _pool.TryReserve(First, 1)!;
        Assert.Equal(0, _pool.Idle);
        await first.Leave();

        await Until(() => _pool.Workers.Count == 1 && request.Held == 1);
    }

    [Fact]
    public async Task Join_WithoutAHello_ClosesTheStream()
    {
        var stranger = new ScriptedWorker("stranger");
        _pool.Add(stranger.Link.Coordinator);
        stranger.End.Send(new WorkerEvent { Ready = new Ready() });

        await stranger.End.Commands.Completion.WaitAsync(Bound, TestContext.Current.CancellationToken);
        Assert.Empty(_pool.Workers);
    }

    private static List<IWorkerLink> Held(WorkerRequest request)
    {
        var allocations = new List<IWorkerLink>();
        request.Begin(allocations.Add);
        return allocations;
    }

    private static async Task Assign(IWorkerLink allocation, ScriptedWorker worker, JobId job)
    {
        allocation.Send(new WorkerCommand { Identity = new GroupEpoch(job, "learners", 1).At(0), Assign = new AssignPlan() });
        await worker.Assigned();
    }

    private static async Task<WorkerEvent> Next(IWorkerLink allocation) =>
        await allocation.Events.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Bound,
            TestContext.Current.CancellationToken);

    private static async Task Until(IWorkerLink allocation, WorkerEvent.EventOneofCase which)
    {
        while ((await Next(allocation)).EventCase != which)
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
