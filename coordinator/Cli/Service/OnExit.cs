namespace Distributed.Cli.Service;

/// <summary>What becomes of the jobs that run when <c>serve</c> is asked to end.</summary>
internal enum OnExit
{
    /// <summary>Each publishes a checkpoint, and its workers continue: they join the coordinator that starts next.</summary>
    Handover,

    /// <summary>Each saves and stops, and its workers end; it resumes at the next start, when it has workers.</summary>
    Stop,
}
