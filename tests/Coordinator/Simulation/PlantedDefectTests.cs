using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol;
using Distributed.Simulation;
using Distributed.Simulation.Network;

namespace Distributed.Coordinator.Tests.Simulation;

/// <summary>Tests that the simulation detects the removal of checks that could seem superfluous.</summary>
public sealed class PlantedDefectTests
{
    private const int Bound = 500; // schedules

    [Fact]
    public void CoordinatorWithoutItsEpochCheck_IsFound()
    {
        var found = FirstViolation(new ScheduleOptions { Tap = new EpochBlindness() });

        Assert.Equal("an accepted report was sent in the running epoch", found.Violation!.Invariant);
    }

    [Fact]
    public void ExchangeWithoutItsEpochCheck_IsFound()
    {
        var found = FirstViolation(new ScheduleOptions { ExchangesCheckEpochs = false });

        Assert.Equal("a step is committed once in an epoch, by all of its ranks, after the one before", found.Violation!.Invariant);
    }

    [Fact]
    public void CoordinatorThatNeverChecksWhetherItsCheckpointExists_IsFound()
    {
        var found = FirstViolation(new ScheduleOptions { Coordinators = new Trusting() });

        Assert.Equal("the state that a group resumes from exists", found.Violation!.Invariant);
    }

    [Fact]
    public void PoolThatRepeatsTheFirstHello_IsFound()
    {
        var found = FirstViolation(new ScheduleOptions { Tap = new StaleHello() });

        Assert.Equal("a worker that is allocated to a job is used", found.Violation!.Invariant);
        Assert.Contains(found.Log, line => line.Contains("fault: CoordinatorRestarts", StringComparison.Ordinal));
        Assert.Contains(found.Log, line => line.Contains("fault: JobScaled", StringComparison.Ordinal));
    }

    [Fact]
    public void Violation_IsReplayedByItsSeedWithTheSameEvents()
    {
        var options = new ScheduleOptions { Tap = new EpochBlindness() };
        var found = FirstViolation(options);

        var again = Schedule.Run(found.Seed, options, trace: true);

        Assert.Equal(found.Violation, again.Violation);
        Assert.NotEmpty(found.Log);
        Assert.Equal(found.Log, again.Log);
    }

    private static ScheduleResult FirstViolation(ScheduleOptions options)
    {
        for (var seed = 1UL; seed <= Bound; seed++)
            if (Schedule.Run(seed, options) is { Violation: not null } found) return found;
        throw new InvalidOperationException($"No violation was found in {Bound} schedules.");
    }

    /// <summary>Creates coordinators that assume that the last reported checkpoint still exists.</summary>
    private sealed class Trusting : ICoordinatorFactory
    {
        private readonly JobCoordinatorFactory _inner = new();

        public JobCoordinator Create(JobSpecification job, IJobObserver observer, CoordinatorOptions options, TimeProvider time,
            IJobRecords records, ICheckpointFolders checkpoints) =>
            _inner.Create(job, observer, options, time, records, new PlainFolders());
    }

    /// <summary>Gives a job the first <c>Hello</c> of a worker instead of its current one.</summary>
    private sealed class StaleHello : IEventTap
    {
        public WorkerEvent OnAllocated(WorkerEvent hello, WorkerEvent joined) => joined;
    }

    /// <summary>Makes late events look like events of the current epoch.</summary>
    private sealed class EpochBlindness : IEventTap
    {
        public WorkerEvent Pass(WorkerEvent sent, long newestEpoch)
        {
            if (sent.Identity is not { } identity || identity.Epoch >= newestEpoch) return sent;
            var changed = sent.Clone();
            changed.Identity.Epoch = newestEpoch;
            return changed;
        }
    }
}
