namespace Distributed.Worker.Hosting;

/// <summary>Settings of a worker.</summary>
public sealed record WorkerOptions
{
    /// <summary>Time that a role has to end after the stream with the coordinator ends, more than zero. Default: 1 minute.</summary>
    public TimeSpan EndTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Time without a message from the coordinator after which a worker that was asked to leave does so without it: its group saves a
    /// checkpoint and ends. More than zero. Default: 3 s.
    /// </summary>
    public TimeSpan SilenceBeforeLeaving { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Time that the group has for that checkpoint, more than zero. Default: 5 minutes.</summary>
    public TimeSpan LastSaveTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Whether the worker leaves only when its coordinator dismisses it, also if the coordinator is silent. Default: false.
    /// </summary>
    public bool StaysWithCoordinator { get; init; }

    /// <summary>Folder for the rendezvous with workers of this host that exchange over shared memory; null if this worker cannot.</summary>
    public string? Rendezvous { get; init; }

    /// <summary>Address at which this worker serves the exchange over gRPC; null if it does not.</summary>
    public Uri? ExchangeAddress { get; init; }

    /// <summary>This worker's NCCL; null if it does not exchange over NCCL.</summary>
    public NcclMachine? Nccl { get; init; }

    /// <summary>
    /// Measured rate of this machine's bf16 matrix products over that of its fp32 ones; 0 if it has none or was not measured.
    /// </summary>
    public double Bf16Speedup { get; init; }

    /// <summary>Whether the worker is a process of its own, not a thread of the coordinator's process. Default: false.</summary>
    public bool IsProcess { get; init; }

    /// <summary>Stack size of the role's thread, in bytes. Default: 16 MiB.</summary>
    public int RoleStackBytes { get; init; } = 16 << 20;
}
