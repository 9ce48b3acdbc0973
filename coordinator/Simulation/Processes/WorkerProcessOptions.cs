using System.Diagnostics;

namespace Distributed.Simulation.Processes;

/// <summary>How a cluster of processes starts and ends its workers.</summary>
public sealed record WorkerProcessOptions
{
    /// <summary>
    /// The command of one worker; it joins the coordinator at the address, under the name. It ends by itself when the coordinator does, and
    /// where the system can tell it so when the thread that started it does.
    /// </summary>
    public required Func<WorkerLaunch, ProcessStartInfo> Command { get; init; }

    /// <summary>Folder for what the workers write: a file for each.</summary>
    public required string LogDirectory { get; init; }

    /// <summary>Takes a warning, such as that a log cannot be written; null drops it. Called on any thread.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>
    /// How long after its end a worker is started anew where a spare has taken its place, so that the start does not take the processors from
    /// those that recover. Without a spare it is started at once. Default: 3 s.
    /// </summary>
    public TimeSpan RestartDelay { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long workers may take to end once the job is over, more than zero; then they are killed. Default: 10 s.</summary>
    public TimeSpan EndTimeout { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>What a worker that is started must know.</summary>
/// <param name="Name">What it calls itself.</param>
/// <param name="Coordinator">Address to join, such as <c>unix:/run/x/control</c>.</param>
/// <param name="Rendezvous">Folder in which workers meet that exchange over shared memory.</param>
/// <param name="Beat">Between two signs of life.</param>
public sealed record WorkerLaunch(string Name, string Coordinator, string Rendezvous, TimeSpan Beat);
