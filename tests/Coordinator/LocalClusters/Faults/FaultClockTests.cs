using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol.Faults;
using Distributed.LocalClusters.Faults;

namespace Distributed.Coordinator.Tests.LocalClusters.Faults;

/// <summary>Tests the faults that the coordinator injects.</summary>
public sealed class FaultClockTests
{
    private readonly ManualTime _time = new();
    private readonly List<string> _injected = [];

    [Fact]
    public void Clock_FaultsAtTimes_FiresEachOnceWhenItIsDue()
    {
        using var clock = Clock("stop:b@time=20,seconds=3;kill:a@time=2.5;coordinator-kill@time=20");

        _time.Advance(TimeSpan.FromSeconds(2.4));
        Assert.Empty(_injected);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(["kill:a@time=2.5"], _injected);
        _time.Advance(TimeSpan.FromSeconds(100));
        _time.Advance(TimeSpan.FromSeconds(100));
        Assert.Equal(["kill:a@time=2.5", "stop:b@time=20,seconds=3", "coordinator-kill@time=20"], _injected);
    }

    [Fact]
    public void Clock_FaultsAfterSteps_FiresOnlyTheCoordinatorsOwn()
    {
        using var clock = Clock("kill:a@step=2;coordinator-kill@step=2;coordinator-kill@step=5");

        clock.Committed(1);
        Assert.Empty(_injected);
        clock.Committed(3);
        clock.Committed(2); // replayed
        clock.Committed(3);
        Assert.Equal(["coordinator-kill@step=2"], _injected);
    }

    [Fact]
    public void Clock_Disposed_FiresNothingMore()
    {
        var clock = Clock("kill:a@time=2;coordinator-kill@step=2");

        clock.Dispose();
        _time.Advance(TimeSpan.FromSeconds(9));
        clock.Committed(9);

        Assert.Empty(_injected);
    }

    [Fact]
    public void Clock_WithoutAPlan_FiresNothing()
    {
        using var clock = Clock(null);

        _time.Advance(TimeSpan.FromDays(9));
        clock.Committed(9);

        Assert.Empty(_injected);
    }

    private FaultClock Clock(string? plan)
    {
        var clock = new FaultClock(plan is null ? null : FaultPlan.Parse(plan), _time, fault => _injected.Add(fault.ToString()));
        _time.Advance(TimeSpan.FromSeconds(9)); // the run has not begun
        Assert.Empty(_injected);
        clock.Begin();
        return clock;
    }
}
