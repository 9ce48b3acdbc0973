namespace Distributed.Cli.Service;

/// <summary>How <c>serve</c> treats running jobs when a signal ends it.</summary>
internal enum OnExit
{
    /// <summary>Each job saves a checkpoint. Its workers continue and join the coordinator that starts next.</summary>
    Handover,

    /// <summary>
    /// Each job saves a checkpoint and stops, and its workers end. The job resumes after the next start, when workers are free.
    /// </summary>
    Stop,
}
