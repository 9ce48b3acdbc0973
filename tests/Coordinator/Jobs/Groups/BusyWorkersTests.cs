using Distributed.Coordinator.Jobs.Groups;
using Distributed.Coordinator.Links;
using Distributed.Coordinator.Tests.Support;
using Distributed.LocalClusters.Threads;
using Distributed.Protocol;

namespace Distributed.Coordinator.Tests.Jobs.Groups;

/// <summary>Tests workers that reconnect while a previous role runs.</summary>
public sealed class BusyWorkersTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);

    private readonly ManualTime _time = new();
    private readonly IWorkerLink _link = new InProcessLink().Coordinator;
    private readonly List<IWorkerLink> _overdue = [];
    private readonly BusyWorkers _busy;

    public BusyWorkersTests()
    {
        _busy = new BusyWorkers(_time, Bound, _overdue.Add);
        _busy.Add(_link, new Hello { Process = 7 });
    }

    public void Dispose() => _busy.Dispose();

    [Fact]
    public void Remove_InTime_ReturnsTheHelloOnceAndStopsTheTimer()
    {
        _busy.MarkLeaving(_link);

        var hello = _busy.Remove(_link);
        _time.Advance(Bound);

        Assert.Equal((7, true), (hello!.Process, hello.Leaving));
        Assert.Null(_busy.Remove(_link));
        Assert.Empty(_overdue);
    }

    [Fact]
    public void Add_Again_BeginsTheTimeAnew()
    {
        _time.Advance(Bound / 2);
        _busy.Add(_link, new Hello { Process = 8 });
        _time.Advance(Bound / 2);
        Assert.Empty(_overdue);

        _time.Advance(Bound / 2);

        Assert.Equal([_link], _overdue);
        Assert.Equal(8, _busy.Remove(_link)!.Process);
    }

    [Fact]
    public void MarkLeaving_AnotherWorker_HasNoEffect()
    {
        _busy.MarkLeaving(new InProcessLink().Coordinator);

        Assert.False(_busy.Remove(_link)!.Leaving);
    }

    [Fact]
    public void Dispose_StopsTheTimers()
    {
        _busy.Dispose();
        _time.Advance(Bound);

        Assert.Empty(_overdue);
    }
}
