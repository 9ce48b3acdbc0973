namespace Distributed.Worker.Hosting;

/// <summary>Settings of a worker.</summary>
public sealed record WorkerOptions
{
    /// <summary>How long a role may take to end once the coordinator has gone, more than zero. Default: 1 minute.</summary>
    public TimeSpan EndTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a coordinator may be silent before a worker that was asked to leave does so without it: its group saves a checkpoint and ends. More
    /// than zero. Default: 3 s.
    /// </summary>
    public TimeSpan SilenceBeforeLeaving { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long the group may take for that checkpoint, more than zero. Default: 5 minutes.</summary>
    public TimeSpan LastSaveTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether this worker leaves only when its coordinator dismisses it, however long that is silent.</summary>
    public bool StaysWithCoordinator { get; init; }

    /// <summary>Folder in which this worker would meet others of its host, to exchange over memory that they share; null where it cannot.</summary>
    public string? Rendezvous { get; init; }

    /// <summary>Where this worker serves the exchange over gRPC; null where it does not.</summary>
    public Uri? ExchangeAddress { get; init; }

    /// <summary>What this worker has for an exchange over NCCL; null where it takes no part in one.</summary>
    public NcclMachine? Nccl { get; init; }

    /// <summary>Measured rate of this machine's bf16 matrix products over that of its fp32 ones; 0 if it has none or has not measured.</summary>
    public double Bf16Speedup { get; init; }

    /// <summary>Whether the worker is a process of its own.</summary>
    public bool IsProcess { get; init; }

    /// <summary>Stack of the role's thread, in bytes.</summary>
    public int RoleStackBytes { get; init; } = 16 << 20;
}
