using Distributed.Planning;
using Distributed.Protocol.Faults;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Jobs;

/// <summary>Describes one run of a job to its coordinator.</summary>
/// <param name="Id">Identity of the run.</param>
/// <param name="Job">The job.</param>
/// <param name="Start">The checkpoint to resume from; null starts from new weights.</param>
public sealed record JobSpecification(JobId Id, JobDescription Job, ResumePoint? Start = null)
{
    /// <summary>How this run recovers from a lost worker; null ends the run instead. Default: as the job requests.</summary>
    public RecoveryPolicy? Recovery { get; init; } = Job.Recovery;

    /// <summary>Transport over which the workers exchange. Default: the best that all of them support.</summary>
    public TransportKind Exchange { get; init; } = TransportKind.Auto;

    /// <summary>Number of steps to profile after the warm-up; 0 for none. It does not change what is computed.</summary>
    public int ProfileSteps { get; init; }

    /// <summary>Faults to inject; null for none. Each worker receives its own faults.</summary>
    public FaultPlan? Faults { get; init; }

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

    /// <summary>Input of planning.</summary>
    public PlanRequest Plan => Job.Plan;

    /// <summary>The whole job as JSON, for the workers.</summary>
    public string JobJson => Job.JobJson;

    /// <summary>Folder of the checkpoint to resume from; null for none.</summary>
    public string? Checkpoint => Start?.Checkpoint;

    /// <summary>Number of steps committed in the checkpoint; 0 without one.</summary>
    public long FirstStep => Start?.Step ?? 0;

    /// <summary>
    /// Identity of the run in the manifests of its checkpoints: the job's own id for a new run, else the identity in the checkpoint; empty
    /// if the manifest has none.
    /// </summary>
    public string Run => Start is null ? Id.Value : Start.Run ?? "";
}
