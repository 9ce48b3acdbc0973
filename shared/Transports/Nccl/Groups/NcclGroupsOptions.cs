namespace Distributed.Transports.Nccl;

/// <summary>Settings of a rank's groups over NCCL.</summary>
public sealed record NcclGroupsOptions
{
    /// <summary>NCCL.</summary>
    public required NcclLibrary Library { get; init; }

    /// <summary>Makes this rank's device; called for each of its groups, all on one GPU.</summary>
    public required Func<INcclDevice> NewDevice { get; init; }

    /// <summary>How long to wait for the other ranks at each communicator, more than zero. Default: 1 minute.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Of every exchange.</summary>
    public ExchangeOptions Exchange { get; init; } = new();
}
