using Distributed.Planning;
using Distributed.Protocol.Faults;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Jobs;

/// <summary>A job as the coordinator knows it.</summary>
/// <param name="Id">This run.</param>
/// <param name="Plan">What planning needs.</param>
/// <param name="JobJson">The whole job, which workers read.</param>
/// <param name="Checkpoint">Folder of the checkpoint to go on from; null starts afresh.</param>
/// <param name="FirstStep">Steps that this checkpoint has committed, else 0.</param>
/// <param name="ProfileSteps">Steps that the workers are to profile after their warm-up; 0 for none. No part of the job: it changes nothing that is computed.</param>
/// <param name="Exchange">How its workers exchange.</param>
/// <param name="Recovery">What is done about a lost worker; null ends the job.</param>
/// <param name="Faults">What is made to go wrong on purpose; null for nothing. Workers are told of their own.</param>
public sealed record JobSpecification(
    JobId Id, PlanRequest Plan, string JobJson, string? Checkpoint = null, long FirstStep = 0, int ProfileSteps = 0, ExchangeWay Exchange = ExchangeWay.Auto, RecoveryPolicy? Recovery = null, FaultPlan? Faults = null)
{
    /// <summary>
    /// Identity of the run in the manifests of its checkpoints: of a run that starts its own id, else that of the checkpoint; empty for manifests that
    /// have none.
    /// </summary>
    public string Run { get; init; } = Id.Value;

    /// <summary>What was kept of it when a coordinator last had it; null where none ever did.</summary>
    public JobRecord? Record { get; init; }

    /// <summary>The last commit that a coordinator before this one received: its epoch, and the steps committed in it. Default: none.</summary>
    public (long Epoch, long Step) Committed { get; init; }

    /// <summary>Workers beyond those that compute that the job keeps; others are given back. Default: all.</summary>
    public int MostSpares { get; init; } = int.MaxValue;

    /// <summary>
    /// Whether a worker that was asked to end stops the job, with a checkpoint: its workers belong to this program, so that a signal to one of them
    /// is meant for the run. Default: false.
    /// </summary>
    public bool StopsWithItsWorkers { get; init; }
}
