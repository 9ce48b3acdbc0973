using Distributed.Coordinator.Jobs;
using Distributed.Protocol;
using Distributed.Simulation.Exchanges;
using Distributed.Simulation.Ledger;
using Distributed.Simulation.Workers;

namespace Distributed.Simulation.Invariants;

/// <summary>
/// A condition that holds throughout every schedule. It observes all events, also those that do not reach the coordinator.
/// </summary>
internal abstract class Invariant
{
    /// <summary>The condition, as a sentence.</summary>
    public abstract string Statement { get; }

    public static IReadOnlyList<Invariant> All(SimulatedWorld world) =>
    [
        new EveryExpertHasOneOwner(), new EpochsIncrease(), new StepsFollowEachOther(world), new StatesExist(world),
        new SamplesAreUsedOnce(world), new AcceptedReportsBelongToEpoch(world),
        new StepsLostOnlyIfBuddyLost(world), new StepsAreAccounted(world), new RecoveryMakesProgress(world),
        new JobStatesFollowTransitions(),
        new JobsEndCorrectly(world),
        new RequestsAreHonoured(world), new WaitsAreBounded(), new NonFiniteStepsAreRetriedOnce(world), new AllocatedWorkersAreUsed(world),
        new LeavingLosesNothing(world),
        new RequestedCheckpointsAreWritten(world),
    ];

    /// <summary>The coordinator sends a worker its part of a plan.</summary>
    public virtual void OnPlan(LedgerWorker worker, StepIdentity identity, AssignPlan plan) { }

    /// <summary>The coordinator is about to process an event of a worker.</summary>
    /// <param name="worker">The sender.</param>
    /// <param name="sent">The event as the worker sent it.</param>
    /// <param name="received">The event as the coordinator receives it.</param>
    public virtual void OnReceived(LedgerWorker worker, WorkerEvent sent, WorkerEvent received) { }

    /// <summary>All ranks of an epoch have reached a barrier.</summary>
    public virtual void OnBarrier(BarrierRegistry group, RankBarrier barrier) { }

    /// <summary>A recovery point is complete on every rank.</summary>
    public virtual void OnConfirmed(LedgerPointId id) { }

    /// <summary>The coordinator is about to end a worker's stream.</summary>
    public virtual void OnDismissed(LedgerWorker worker) { }

    /// <summary>The coordinator reports a notice.</summary>
    public virtual void OnNotice(JobNotice notice) { }

    /// <summary>The coordinator has processed all its inputs, and the job is not over.</summary>
    public virtual void OnRest() { }

    /// <summary>Another coordinator begins.</summary>
    /// <param name="record">The record of the coordinator before; null if there is none.</param>
    public virtual void OnRestart(JobRecord? record) { }

    /// <summary>The job is over.</summary>
    public virtual void OnEnd(JobOutcome outcome) { }

    /// <exception cref="InvariantException">The condition does not hold.</exception>
    protected void Require(bool holds, FormattableString otherwise)
    {
        if (!holds) throw new InvariantException(Statement, FormattableString.Invariant(otherwise));
    }
}
