using Distributed.Protocol.Faults;

namespace Distributed.Coordinator.Tests.Faults;

/// <summary>Tests plans that are drawn from a seed.</summary>
public sealed class FaultPlanRandomTests
{
    [Fact]
    public void Random_TheSameSeed_IsThisPlanEverywhere() => Assert.Equal(
        """
        corrupt-frame:worker-0@step=3
        non-finite-gradient:worker-2@step=29
        disk-full:worker-2@step=35,seconds=5.2
        slow-link:worker-2@step=58,latency-ms=29,mb-per-s=92,seconds=3.5
        corrupt-frame:worker-0@step=82
        coordinator-kill@step=90
        partition:worker-0@step=113,seconds=6.7
        coordinator-kill@step=124
        partition:worker-0@step=142,seconds=2.1
        disk-full:worker-1@step=161
        coordinator-kill@step=174
        stop:worker-1@step=198
        """,
        string.Join('\n', FaultPlan.Random(seed: 7, faults: 12, workers: 4, steps: 200).Faults));

    [Theory]
    [InlineData(0.5)]
    [InlineData(1.2)]
    [InlineData(60)]
    public void Random_WithALongestDuration_LastsNoLonger(double longest)
    {
        var lasting = FaultPlan.Random(3, 100, 4, 1000, longest: longest).Faults.Select(fault => fault.Duration?.TotalSeconds)
            .OfType<double>().ToArray();

        Assert.NotEmpty(lasting);
        Assert.All(lasting, seconds => Assert.InRange(seconds, FaultPlan.MinRandomSeconds, longest));
        Assert.True(lasting.Max() > 0.9 * longest);
    }

    [Fact]
    public void Random_AnotherSeed_IsAnotherPlan() =>
        Assert.NotEqual(FaultPlan.Random(1, 12, 4, 200), FaultPlan.Random(2, 12, 4, 200));

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    [InlineData(12, 2)]
    [InlineData(12, 5)]
    [InlineData(12, long.MaxValue)]
    public void Random_AnyNumber_IsWithinTheRunInOrderAndRoundTrips(int faults, long steps)
    {
        for (var seed = -20; seed < 20; seed++)
        {
            var plan = FaultPlan.Random(seed, faults, workers: 3, steps);

            Assert.Equal(faults, plan.Faults.Length);
            Assert.All(plan.Faults, fault => Assert.InRange(fault.Trigger.Step!.Value, 1, steps - 1));
            Assert.Equal(plan.Faults.Select(fault => fault.Trigger.Step).Order(), plan.Faults.Select(fault => fault.Trigger.Step));
            if (faults > 0) Assert.Equal(plan, FaultPlan.Parse(plan.ToString()));
        }
    }

    [Fact]
    public void Random_SomeKinds_DrawsThemAllAndNoOthersOnEveryWorker()
    {
        var plan = FaultPlan.Random(3, 100, 3, 1000, [FaultKind.Stop, FaultKind.Kill]);

        Assert.Equal([FaultKind.Kill, FaultKind.Stop], plan.Faults.Select(fault => fault.Kind).Distinct().Order());
        Assert.Equal(["worker-0", "worker-1", "worker-2"], plan.Faults.Select(fault => fault.Worker).Distinct().Order());
        Assert.Contains(plan.Faults, fault => fault is { Kind: FaultKind.Stop, Duration: null }); // permanent
        Assert.Contains(plan.Faults, fault => fault is { Kind: FaultKind.Stop, Duration: not null });
    }
}
