using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Jobs;

/// <summary>The log messages of a job's coordinator.</summary>
internal static partial class CoordinatorLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Job {Job}: {From} -> {To}")]
    public static partial void LogTransition(this ILogger logger, string job, JobState from, JobState to);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {Job}: worker {Worker} joined, {Present} of {Wanted}")]
    public static partial void LogArrival(this ILogger logger, string job, string worker, int present, int wanted);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {Job}: worker {Worker} left")]
    public static partial void LogWorkerLeft(this ILogger logger, string job, string worker);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {Job}: worker {Worker} was asked to leave")]
    public static partial void LogLeaving(this ILogger logger, string job, string worker);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {Job}: event {Event} refused: {Reason}")]
    public static partial void LogRefused(this ILogger logger, string job, string @event, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {Job}: epoch {Epoch} could not be stored: {Reason}")]
    public static partial void LogNotStored(this ILogger logger, string job, long epoch, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {Job}: worker {Worker}, rank {Rank}, reconnected after step {Step}")]
    public static partial void LogReturned(this ILogger logger, string job, string worker, int rank, long step);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Job {Job}: worker {Worker}, rank {Rank}, did not leave the fenced group in time and is removed from the job")]
    public static partial void LogEvicted(this ILogger logger, string job, string worker, int rank);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Job {Job}: worker {Worker} did not end its previous role within {Bound}; the job continues without it")]
    public static partial void LogBusy(this ILogger logger, string job, string worker, string bound);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {Job}: epoch {Epoch}, world size {World}, resumes from {From}")]
    public static partial void LogEpoch(this ILogger logger, string job, long epoch, int world, string from);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "Job {Job}: checkpoint {Known} is replaced by {Latest}, the latest in the same folder")]
    public static partial void LogCheckpoint(this ILogger logger, string job, string known, string latest);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {Job}: rank {Rank} failed: {Reason}")]
    public static partial void LogFailure(this ILogger logger, string job, int? rank, string reason);
}
