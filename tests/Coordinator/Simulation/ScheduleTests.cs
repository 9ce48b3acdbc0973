using Distributed.Coordinator.Jobs;
using Distributed.Simulation;

namespace Distributed.Coordinator.Tests.Simulation;

public sealed class ScheduleTests
{
    private static readonly ScheduleOptions Options = new();

    [Fact]
    public void Schedules_AThousand_AllInvariantsHold()
    {
        var sweep = ScheduleSweep.Run(first: 1, count: 1000, Options, threads: 1, TestContext.Current.CancellationToken);

        Assert.Empty(sweep.Failed.Select(failed => $"seed {failed.Seed}: {failed.Violation}"));
        Assert.Equal(["Completed", "Failed", "Stopped"], sweep.Outcomes.Keys);
        Assert.True(sweep.Epochs > sweep.Schedules, "the jobs had too few epochs: hardly any fault was injected");
    }

    [Theory]
    [InlineData(1, 7)]
    [InlineData(2, 12)]
    [InlineData(8, 24)]
    public void Schedules_OfOtherSizes_AllInvariantsHold(int workers, int steps)
    {
        var sweep = ScheduleSweep.Run(first: 10_000, count: 100, new ScheduleOptions { Workers = workers, Steps = steps }, threads: 1,
            TestContext.Current.CancellationToken);

        Assert.Empty(sweep.Failed.Select(failed => $"seed {failed.Seed}: {failed.Violation}"));
    }

    [Fact]
    public void Schedule_OfOneSeed_HasTheSameLogEveryTime()
    {
        for (var seed = 1UL; seed <= 50; seed++)
        {
            var (first, second) = (Schedule.Run(seed, Options, trace: true), Schedule.Run(seed, Options, trace: true));

            Assert.NotEmpty(first.Log);
            Assert.Equal(string.Join('\n', first.Log), string.Join('\n', second.Log));
            Assert.Equal(first.Outcome, second.Outcome);
        }
    }

    [Fact]
    public void Schedule_OfAnotherSeed_HasAnotherLog() =>
        Assert.NotEqual(Schedule.Run(1, Options, trace: true).Log, Schedule.Run(2, Options, trace: true).Log);

    [Fact]
    public void Schedule_Traced_IsTheSameAsWithoutATrace()
    {
        for (var seed = 1UL; seed <= 20; seed++)
        {
            var (quiet, traced) = (Schedule.Run(seed, Options), Schedule.Run(seed, Options, trace: true));

            Assert.Empty(quiet.Log);
            Assert.Equal((quiet.Outcome, quiet.Events, quiet.Epochs, quiet.Time),
                (traced.Outcome, traced.Events, traced.Epochs, traced.Time));
        }
    }

    [Fact]
    public void Sweep_OverThreads_HasTheSameResult()
    {
        var (one, three) = (ScheduleSweep.Run(1, 60, Options, 1, TestContext.Current.CancellationToken),
            ScheduleSweep.Run(1, 60, Options, 3, TestContext.Current.CancellationToken));

        Assert.Equal((one.Events, one.Epochs), (three.Events, three.Epochs));
        Assert.Equal(one.Outcomes, three.Outcomes);
    }

    [Fact]
    public void Schedule_WithoutFaults_Completes()
    {
        var results = Enumerable.Range(1, 200).Select(seed => Schedule.Run((ulong)seed, Options))
            .Where(result => result.Faults == 0).ToList();

        Assert.NotEmpty(results);
        Assert.All(results,
            result => Assert.True(result.Outcome!.State == JobState.Completed
                || result.Outcome.Reason.Contains("not finite", StringComparison.Ordinal), result.Outcome.Reason));
    }
}
