using Distributed.Planning;
using Distributed.Protocol.Faults;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Jobs;

/// <summary>Describes one run of a job to its coordinator.</summary>
/// <param name="Id">Identity of the run.</param>
/// <param name="Plan">Input of the planner.</param>
/// <param name="JobJson">The complete job as JSON, which the workers parse.</param>
/// <param name="Checkpoint">Folder of the checkpoint to resume from; null starts from new weights.</param>
/// <param name="FirstStep">Number of steps committed in the checkpoint; 0 without one.</param>
/// <param name="ProfileSteps">Number of steps to profile after the warm-up; 0 for none. It does not change what is computed.</param>
/// <param name="Exchange">Transport over which the workers exchange.</param>
/// <param name="Recovery">How the job recovers from a lost worker; null ends the job instead.</param>
/// <param name="Faults">Faults to inject; null for none. Each worker receives its own faults.</param>
public sealed record JobSpecification(
    JobId Id, PlanRequest Plan, string JobJson, string? Checkpoint = null, long FirstStep = 0, int ProfileSteps = 0,
    TransportKind Exchange = TransportKind.Auto, RecoveryPolicy? Recovery = null, FaultPlan? Faults = null)
{
    /// <summary>
    /// Identity of the run in the manifests of its checkpoints: the job's own id for a new run, else the identity in the checkpoint; empty
    /// if the manifest has none.
    /// </summary>
    public string Run { get; init; } = Id.Value;

    /// <summary>The record of the previous coordinator of this job; null if there was none.</summary>
    public JobRecord? Record { get; init; }

    /// <summary>
    /// The last commit that the previous coordinator received: its epoch and the number of committed steps. Default: none.
    /// </summary>
    public (long Epoch, long Step) Committed { get; init; }

    /// <summary>Largest number of workers without a rank that the job keeps; it releases the others. Default: all.</summary>
    public int MaxSpares { get; init; } = int.MaxValue;

    /// <summary>
    /// Whether a worker that is asked to leave stops the job with a checkpoint: the workers belong to this program, so a signal to one of
    /// them is meant for the run. Default: false.
    /// </summary>
    public bool StopsWhenWorkerLeaves { get; init; }
}
