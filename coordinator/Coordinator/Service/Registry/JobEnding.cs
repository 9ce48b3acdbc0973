using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Storage;
using Distributed.Protocol;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>The state of a job after its run: it has ended, or it waits for another run.</summary>
internal static class JobEnding
{
    /// <summary>Returns the state of a job after its run.</summary>
    /// <param name="job">The state before.</param>
    /// <param name="outcome">The outcome of the run; null if the run was abandoned.</param>
    /// <param name="isClosing">Whether the coordinator has begun to close.</param>
    /// <param name="now">Current time.</param>
    public static StoredJob After(StoredJob job, JobOutcome? outcome, bool isClosing, DateTimeOffset now)
    {
        // A failure while the coordinator ends may be caused by workers that end too. A failure for another reason will occur again.
        var mayResume = outcome is null or { IsShortOfWorkers: true } or { IsStateNotStored: true }
            || (isClosing && outcome.State != JobState.Completed);
        if (outcome is not null && (!mayResume || job.Stop is not null))
        {
            var cause = outcome.Failure?.Cause ?? FailureCause.Unspecified;
            return job with { State = outcome.State, Reason = outcome.Reason, Cause = cause, Step = outcome.Step, Ended = now };
        }

        var reason = isClosing ? RestartReason(job) : outcome switch
        {
            { IsShortOfWorkers: true } => $"{outcome.Reason}; the job resumes when enough workers have joined",
            { IsStateNotStored: true } => $"{outcome.Reason}; the job resumes when its state can be stored",
            _ => RestartReason(job),
        };
        return job with { State = JobState.Pending, Reason = reason, Step = outcome?.Step ?? job.Step };
    }

    /// <summary>Returns the state of a job that was stopped while it did not run.</summary>
    /// <param name="job">The state before.</param>
    /// <param name="reason">Reason of the stop.</param>
    /// <param name="now">Current time.</param>
    public static StoredJob Stopped(StoredJob job, string reason, DateTimeOffset now) =>
        job with { State = JobState.Stopped, Reason = reason, Ended = now };

    /// <summary>Returns the outcome of a run that a defect of the coordinator has ended.</summary>
    /// <param name="job">The state before.</param>
    /// <param name="defect">The unexpected exception.</param>
    public static JobOutcome Unexpected(StoredJob job, Exception defect)
    {
        var message = $"unexpected {defect.GetType().Name}: {defect.Message}";
        var failure = new Failure(FailureCause.Defect) { Message = message, Detail = defect.ToString() };
        return new JobOutcome(JobState.Failed, failure.Reason, failure, job.Step);
    }

    /// <summary>Returns the reason for which a job waits whose coordinator has ended.</summary>
    public static string RestartReason(StoredJob job) => job.Checkpoint is null
        ? "the coordinator ended while the job ran; it starts again"
        : $"the coordinator ended while the job ran; it resumes after step {job.CheckpointStep}";
}
