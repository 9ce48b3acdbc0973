using Distributed.Coordinator.Jobs;
using Distributed.Protocol;
using Distributed.Simulation.Schedules.Exchanges;
using Distributed.Simulation.Schedules.Ledger;
using Distributed.Simulation.Schedules.Workers;

namespace Distributed.Simulation.Schedules.Invariants;

/// <summary>Something that holds at every moment of every schedule. It sees what really happens, which the coordinator only hears of.</summary>
internal abstract class Invariant
{
    /// <summary>What holds, as a sentence.</summary>
    public abstract string Statement { get; }

    public static IReadOnlyList<Invariant> All(SimulatedWorld world) =>
    [
        new EveryExpertHasOneOwner(), new EpochsOnlyRise(), new StepsFollowEachOther(world), new StatesExist(world), new SamplesAreUsedOnce(world), new ReportsAreOfTheEpoch(world),
        new StepsLostOnlyIfBuddyLost(world), new StepsAreAccounted(world), new RecoveryMakesProgress(world), new StatesOfTheJobFollow(), new JobsEndAsTheyShould(world),
        new RequestsAreHonoured(world), new WaitsAreBounded(), new NotFiniteIsTriedTwice(world), new HeldWorkersAreUsed(world), new LeavingLosesNothing(world),
        new CheckpointsAreMadeWhenAsked(world),
    ];

    /// <summary>The coordinator tells a worker its part of a plan.</summary>
    public virtual void OnPlan(LedgerWorker worker, StepIdentity identity, AssignPlan plan) { }

    /// <summary>The coordinator is about to hear a worker.</summary>
    /// <param name="worker">Who speaks.</param>
    /// <param name="said">What it said.</param>
    /// <param name="heard">What the coordinator hears.</param>
    public virtual void OnHeard(LedgerWorker worker, WorkerEvent said, WorkerEvent heard) { }

    /// <summary>All ranks of an epoch have met.</summary>
    public virtual void OnBarrier(BarrierRegistry group, RankBarrier barrier) { }

    /// <summary>A recovery point is complete everywhere.</summary>
    public virtual void OnConfirmed(RecoveryMoment moment) { }

    /// <summary>The coordinator is about to let go of a worker's stream.</summary>
    public virtual void OnDismissed(LedgerWorker worker) { }

    /// <summary>The coordinator tells what happens.</summary>
    public virtual void OnNotice(JobNotice notice) { }

    /// <summary>The coordinator has done what was put before it, and the job is not over.</summary>
    public virtual void OnRest() { }

    /// <summary>Another coordinator begins.</summary>
    /// <param name="record">What it knows of the one before.</param>
    public virtual void OnRestart(JobRecord? record) { }

    /// <summary>The job is over.</summary>
    public virtual void OnEnd(JobOutcome outcome) { }

    /// <exception cref="InvariantException">It does not hold.</exception>
    protected void Require(bool holds, FormattableString otherwise)
    {
        if (!holds) throw new InvariantException(Statement, FormattableString.Invariant(otherwise));
    }
}
