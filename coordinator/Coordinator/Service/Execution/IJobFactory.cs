using Distributed.Coordinator.Jobs;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Service.Execution;

/// <summary>What a job is started with.</summary>
/// <param name="Id">Identity of the job.</param>
/// <param name="Job">The job.</param>
/// <param name="Checkpoint">Folder of the checkpoint to resume from; null to start without one.</param>
/// <param name="FirstStep">Steps committed in this checkpoint; 0 without one.</param>
/// <param name="Record">The state machine's last record (<see cref="Storage.IJobStore.Save"/>); null if it has never run.</param>
/// <param name="Observer">Receives the job's notices.</param>
public sealed record JobLaunch(JobId Id, AcceptedJob Job, string? Checkpoint, long FirstStep, string? Record, IJobObserver Observer)
{
    /// <summary>The last commit that was stored: its epoch, and the steps committed in it. Default: none.</summary>
    public (long Epoch, long Step) Committed { get; init; }
}

/// <summary>Creates the state machine of a job.</summary>
public interface IJobFactory
{
    /// <summary>Creates a job that has not started yet.</summary>
    IRunningJob Create(JobLaunch launch);
}
