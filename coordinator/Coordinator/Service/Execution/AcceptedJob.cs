using Distributed.Planning;

namespace Distributed.Coordinator.Service.Execution;

/// <summary>A job that a user submits, after its validation.</summary>
/// <param name="Job">The job.</param>
/// <param name="Warnings">Keys of the job that have no effect.</param>
public sealed record AcceptedJob(JobDescription Job, IReadOnlyList<SubmissionWarning> Warnings);
