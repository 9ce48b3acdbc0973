using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Jobs;

public sealed partial class JobCoordinator
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Job {Job}: {From} -> {To}")]
    private static partial void LogTransition(ILogger logger, string job, JobState from, JobState to);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {Job}: worker {Worker} joined, {Present} of {Wanted}")]
    private static partial void LogArrival(ILogger logger, string job, string worker, int present, int wanted);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {Job}: worker {Worker} left")]
    private static partial void LogWorkerLeft(ILogger logger, string job, string worker);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {Job}: worker {Worker} was asked to leave")]
    private static partial void LogLeaving(ILogger logger, string job, string worker);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {Job}: event {Event} refused: {Reason}")]
    private static partial void LogRefused(ILogger logger, string job, string @event, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {Job}: epoch {Epoch} could not be stored: {Reason}")]
    private static partial void LogNotStored(ILogger logger, string job, long epoch, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {Job}: worker {Worker}, rank {Rank}, reconnected after step {Step}")]
    private static partial void LogReturned(ILogger logger, string job, string worker, int rank, long step);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Job {Job}: worker {Worker}, rank {Rank}, did not leave the fenced group in time and is removed from the job")]
    private static partial void LogEvicted(ILogger logger, string job, string worker, int rank);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Job {Job}: worker {Worker} did not end its previous role within {Bound}; the job continues without it")]
    private static partial void LogBusy(ILogger logger, string job, string worker, string bound);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {Job}: epoch {Epoch}, world size {World}, resumes from {From}")]
    private static partial void LogEpoch(ILogger logger, string job, long epoch, int world, string from);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "Job {Job}: checkpoint {Known} is replaced by {Latest}, the latest in the same folder")]
    private static partial void LogCheckpoint(ILogger logger, string job, string known, string latest);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {Job}: rank {Rank} failed: {Reason}")]
    private static partial void LogFailure(ILogger logger, string job, int? rank, string reason);
}
