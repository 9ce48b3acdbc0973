using Distributed.Simulation.Clock;

namespace Distributed.Coordinator.Tests.Simulation.Clock;

public sealed class VirtualTimeTests
{
    private readonly VirtualTime _time = new();
    private readonly List<string> _happened = [];

    [Fact]
    public void Next_EventsInAnyOrder_HappenByTimeAndThenInOrderOfAddition()
    {
        Put("later", 2);
        Put("first", 1);
        Put("second", 1);

        Assert.Equal(["first@1", "second@1", "later@2"], All());
    }

    [Fact]
    public void Next_AnEventAddedByAnEvent_HappensAfterEarlierOnes()
    {
        _time.RunAfter(TimeSpan.FromSeconds(1), () => Put("new", 0));
        Put("old", 1);

        Assert.Equal(["old@1", "new@1"], All());
    }

    [Fact]
    public void Timer_ThatIsDisposedOrChanged_FiresOnlyAtItsLastSetting()
    {
        var disposed = Timer("disposed", 1);
        var changed = Timer("changed", 1);
        disposed.Dispose();
        changed.Change(TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);

        Assert.Equal(["changed@3"], All());
    }

    [Fact]
    public void Timer_WithAPeriod_FiresAgain()
    {
        var timer = Timer("tick", 1, period: 2);
        for (var i = 0; i < 3; i++) Assert.True(_time.Next());
        timer.Dispose();

        Assert.Equal(["tick@1", "tick@3", "tick@5"], All());
    }

    [Fact]
    public async Task Delay_OverTheClock_EndsAtItsTime()
    {
        var delay = Task.Delay(TimeSpan.FromHours(1), _time, TestContext.Current.CancellationToken);
        Assert.False(delay.IsCompleted);

        Assert.True(_time.Next());

        await delay;
        Assert.Equal(TimeSpan.FromHours(1), _time.Now);
    }

    private ITimer Timer(string name, int seconds, int period = -1) =>
        _time.CreateTimer(_ => Happen(name), null, TimeSpan.FromSeconds(seconds),
            period < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(period));

    private void Put(string name, int seconds) => _time.RunAfter(TimeSpan.FromSeconds(seconds), () => Happen(name));

    private void Happen(string name) => _happened.Add($"{name}@{_time.Now.TotalSeconds:0}");

    private List<string> All()
    {
        while (_time.Next())
        {
        }

        return _happened;
    }
}
