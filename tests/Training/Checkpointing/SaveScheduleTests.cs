using Distributed.Training.Checkpointing;

namespace Distributed.Training.Tests.Checkpointing;

public sealed class SaveScheduleTests
{
    [Fact]
    public void IsDue_NothingFailed_EverySoManySteps()
    {
        var schedule = new SaveSchedule(4);
        Assert.Equal([4, 8, 12], Enumerable.Range(1, 12).Where(step => schedule.IsDue(step)));
    }

    [Fact]
    public void IsDue_Never_WhereNoneAreOnTheWay() => Assert.DoesNotContain(Enumerable.Range(1, 12), step => new SaveSchedule(0).IsDue(step));

    [Fact]
    public void IsDue_EverySaveFails_SoonAndThenLessAndLessOften()
    {
        var schedule = new SaveSchedule(100);
        var due = new List<int>();
        for (var step = 1; step <= 140; step++)
        {
            if (!schedule.IsDue(step)) continue;
            due.Add(step);
            schedule.Ended(failed: true, step);
        }

        Assert.Equal([100, 101, 103, 107, 115, 131], due);
    }

    [Fact]
    public void IsDue_AfterARetryThatSucceeded_AsBefore()
    {
        var schedule = new SaveSchedule(10);
        schedule.Ended(failed: true, 10);
        Assert.True(schedule.IsDue(11));
        schedule.Ended(failed: false, 11);
        Assert.Equal([20, 30], Enumerable.Range(12, 20).Where(step => schedule.IsDue(step)));
        schedule.Ended(failed: true, 30);
        Assert.True(schedule.IsDue(31));
    }
}
