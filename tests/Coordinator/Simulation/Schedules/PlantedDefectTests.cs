using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol;
using Distributed.Simulation.Schedules;
using Distributed.Simulation.Schedules.Network;

namespace Distributed.Coordinator.Tests.Simulation.Schedules;

/// <summary>Checks that somebody might take for superfluous are left out: the simulation misses them.</summary>
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
    public void CoordinatorThatNeverLooksWhetherItsCheckpointIsThere_IsFound()
    {
        var found = FirstViolation(new ScheduleOptions { Coordinators = new Trusting() });

        Assert.Equal("the state that a group resumes from exists", found.Violation!.Invariant);
    }

    [Fact]
    public void PoolThatRepeatsTheHelloOfTheBeginning_IsFound()
    {
        var found = FirstViolation(new ScheduleOptions { Tap = new StaleHello() });

        Assert.Equal("a worker that is allocated to a job is used", found.Violation!.Invariant);
        Assert.Contains(found.Log, line => line.Contains("fault: CoordinatorRestarts", StringComparison.Ordinal));
        Assert.Contains(found.Log, line => line.Contains("fault: JobScaled", StringComparison.Ordinal));
    }

    [Fact]
    public void Violation_IsReplayedByItsSeed_WithTheEventsThatLedToIt()
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
        throw new InvalidOperationException($"Nothing was found in {Bound} schedules.");
    }

    /// <summary>Makes coordinators that take what they were told last for what is there.</summary>
    private sealed class Trusting : ICoordinatorFactory
    {
        private readonly JobCoordinatorFactory _inner = new();

        public JobCoordinator Create(JobSpecification job, IJobObserver observer, CoordinatorOptions options, TimeProvider time, IJobRecords records, ICheckpointFolders checkpoints) =>
            _inner.Create(job, observer, options, time, records, new PlainFolders());
    }

    /// <summary>A job receives the hello of a worker as it was when the worker joined, whatever it has done since.</summary>
    private sealed class StaleHello : IEventTap
    {
        public WorkerEvent Lend(WorkerEvent hello, WorkerEvent joined) => joined;
    }

    /// <summary>Makes what comes late look as if it was said just now.</summary>
    private sealed class EpochBlindness : IEventTap
    {
        public WorkerEvent Pass(WorkerEvent said, long newestEpoch)
        {
            if (said.Identity is not { } identity || identity.Epoch >= newestEpoch) return said;
            var changed = said.Clone();
            changed.Identity.Epoch = newestEpoch;
            return changed;
        }
    }
}
