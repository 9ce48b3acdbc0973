using System.Diagnostics;

namespace Distributed.LocalClusters.Processes;

/// <summary>How a cluster of processes starts and ends its workers.</summary>
public sealed record WorkerProcessOptions
{
    /// <summary>
    /// Returns the command of one worker. The worker joins the coordinator at the address under the name, exits when the coordinator does,
    /// and on systems that support it (Linux) exits when the thread that started it ends.
    /// </summary>
    public required Func<WorkerLaunch, ProcessStartInfo> Command { get; init; }

    /// <summary>Folder of the workers' logs, one file per worker.</summary>
    public required string LogDirectory { get; init; }

    /// <summary>Receives a warning, such as that a log cannot be written; null drops it. Called on any thread.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>
    /// Delay between a worker's exit and its restart if the job has spares, so that the start does not compete for processors with the
    /// workers that recover. Without spares a worker is restarted at once. Default: 3 s.
    /// </summary>
    public TimeSpan RestartDelay { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Time that workers have to exit after the job ends, more than zero; then they are killed. Default: 10 s.</summary>
    public TimeSpan EndTimeout { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>Arguments of a worker process.</summary>
/// <param name="Name">The worker's name.</param>
/// <param name="Coordinator">Address to join, such as <c>unix:/run/x/control</c>.</param>
/// <param name="Rendezvous">Folder for the rendezvous of workers that exchange over shared memory.</param>
/// <param name="Beat">Interval between two beats.</param>
public sealed record WorkerLaunch(string Name, string Coordinator, string Rendezvous, TimeSpan Beat);
