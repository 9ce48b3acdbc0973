using Distributed.Training.Checkpointing;

namespace Distributed.Training.Tests.Checkpointing;

public sealed class SaveScheduleTests
{
    [Fact]
    public void IsDue_NoFailure_EveryNSteps()
    {
        var schedule = new SaveSchedule(4);
        Assert.Equal([4, 8, 12], Enumerable.Range(1, 12).Where(step => schedule.IsDue(step)));
    }

    [Fact]
    public void IsDue_EveryIsZero_Never() => Assert.DoesNotContain(Enumerable.Range(1, 12), step => new SaveSchedule(0).IsDue(step));

    [Fact]
    public void IsDue_EverySaveFails_RetriesWithExponentialBackoff()
    {
        var schedule = new SaveSchedule(100);
        var due = new List<int>();
        for (var step = 1; step <= 140; step++)
        {
            if (!schedule.IsDue(step)) continue;
            due.Add(step);
            schedule.RecordOutcome(failed: true, step);
        }

        Assert.Equal([100, 101, 103, 107, 115, 131], due);
    }

    [Fact]
    public void IsDue_RetrySucceeds_ReturnsToTheInterval()
    {
        var schedule = new SaveSchedule(10);
        schedule.RecordOutcome(failed: true, 10);
        Assert.True(schedule.IsDue(11));
        schedule.RecordOutcome(failed: false, 11);
        Assert.Equal([20, 30], Enumerable.Range(12, 20).Where(step => schedule.IsDue(step)));
        schedule.RecordOutcome(failed: true, 30);
        Assert.True(schedule.IsDue(31));
    }
}
