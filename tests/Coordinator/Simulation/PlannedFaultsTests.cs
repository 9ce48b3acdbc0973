using Distributed.Coordinator.Jobs;
using Distributed.Protocol.Faults;
using Distributed.Simulation;

namespace Distributed.Coordinator.Tests.Simulation;

/// <summary>Tests the fault plans of <c>train --fault</c> and <c>chaos</c> over the virtual clock.</summary>
public sealed class PlannedFaultsTests
{
    private const int Seeds = 40;

    /// <summary>A fault of every kind, and whether the job recovers from it in every schedule.</summary>
    public static TheoryData<string, bool> Kinds => new()
    {
        { "kill:worker-1@step=20", true },
        { "kill:worker-2@time=6", true },
        { "stop:worker-1@step=20", true },
        { "stop:worker-1@step=20,seconds=0.5", false },
        { "exception:worker-3@step=20", true },
        { "non-finite-gradient:worker-0@step=20", true },
        { "dropped-connection:worker-2@step=20", true },
        { "partition:worker-1@step=20,seconds=60", true },
        { "partition:worker-1@time=6,seconds=1", false },
        { "slow-link:worker-1@step=20,latency-ms=300", false },
        { "corrupt-frame:worker-1@step=20", true },
        { "disk-full:worker-0@step=20", false },
        { "disk-full:worker-0@step=20,seconds=30", false },
        { "coordinator-kill@step=20", false },
        { "coordinator-kill@time=6", false },
    };

    [Fact]
    public void Kinds_CoverEveryFaultKind() =>
        Assert.Equal(Enum.GetValues<FaultKind>(), Kinds.Select(row => FaultPlan.Parse(row.Data.Item1).Faults[0].Kind).Distinct());

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Schedule_UnderAFaultOfAPlan_InjectsItOnceAndAllInvariantsHold(string fault, bool recovers)
    {
        var results = Enumerable.Range(1, Seeds).Select(seed => Schedule.Run((ulong)seed, Options(fault), trace: true)).ToList();

        Assert.All(results, result => Assert.Null(result.Violation));
        Assert.All(results,
            result => Assert.InRange(result.Log.Count(line => line.EndsWith($"fault: {FaultPlan.Parse(fault)}", StringComparison.Ordinal)),
                0, 1));
        Assert.All(results,
            result => Assert.Equal(result.Log.Count(line => line.Contains("fault: ", StringComparison.Ordinal)), result.Faults));
        Assert.True(results.Count(result => result.Faults == 1) > Seeds / 2, "the fault is not injected in most schedules");
        if (recovers)
            Assert.All(results.Where(result => StrikesARank(result, FaultPlan.Parse(fault).Faults[0].Worker!)),
                result => Assert.True(result.Log.Any(line => line.Contains("RecoveryBegan", StringComparison.Ordinal))
                    || result.Outcome!.State == JobState.Failed, $"seed {result.Seed}"));
    }

    // Whether the worker had a rank. A served job may still wait for its workers, or have other workers.
    private static bool StrikesARank(ScheduleResult result, string worker) =>
        result.Faults == 1
            && result.Log.TakeWhile(line => !line.Contains("fault: ", StringComparison.Ordinal)).LastOrDefault(
                line => line.Contains("planned: ", StringComparison.Ordinal))?.Contains(worker, StringComparison.Ordinal) == true;

    [Fact]
    public void Schedules_UnderRandomPlans_AllInvariantsHold()
    {
        for (var seed = 1; seed <= 200; seed++)
        {
            var options = Options(FaultPlan.Random(seed, faults: 6, workers: 4, steps: 60).ToString());

            var result = Schedule.Run((ulong)seed, options);

            Assert.True(result.Violation is null, $"seed {seed}: {result.Violation}");
        }
    }

    [Fact]
    public void Schedule_UnderAPlan_HasTheSameLogEveryTime()
    {
        var options = Options("kill:worker-1@step=12;stop:worker-2@step=30,seconds=8;coordinator-kill@time=9");

        Assert.Equal(Schedule.Run(3, options, trace: true).Log, Schedule.Run(3, options, trace: true).Log);
    }

    private static ScheduleOptions Options(string plan) => new() { Plan = FaultPlan.Parse(plan) };
}
