namespace Distributed.LocalClusters.Processes;

/// <summary>A worker process that has ended.</summary>
/// <param name="Worker">The worker's name.</param>
/// <param name="How">How the process ended, for users.</param>
/// <param name="Process">The process id; 0 if the process could not be started.</param>
/// <param name="IsRestarted">Whether a signal ended the process and it is restarted: a new process of that name may succeed.</param>
internal sealed record WorkerExit(string Worker, string How, int Process, bool IsRestarted);
