using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Service.Execution;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Service.Execution;

/// <summary>What a job is begun with.</summary>
/// <param name="Id">This run.</param>
/// <param name="Job">The job.</param>
/// <param name="Checkpoint">Folder of the checkpoint to go on from; null starts afresh.</param>
/// <param name="FirstStep">Steps that this checkpoint has committed, else 0.</param>
/// <param name="Record">What the state machine kept when it last ran (<see cref="Storage.IJobStore.Save"/>); null where it never did.</param>
/// <param name="Observer">Hears what happens.</param>
public sealed record JobLaunch(JobId Id, AcceptedJob Job, string? Checkpoint, long FirstStep, string? Record, IJobObserver Observer)
{
    /// <summary>The last commit that was kept: its epoch, and the steps committed in it. Default: none.</summary>
    public (long Epoch, long Step) Committed { get; init; }
}

/// <summary>Makes the state machine of a job.</summary>
public interface IJobFactory
{
    /// <summary>A job that is about to run; nothing has happened yet.</summary>
    IRunningJob Create(JobLaunch launch);
}
