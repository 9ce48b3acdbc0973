namespace Distributed.Transports.Nccl;

/// <summary>Settings of a rank's groups over NCCL.</summary>
public sealed record NcclGroupsOptions
{
    /// <summary>The loaded NCCL library.</summary>
    public required NcclLibrary Library { get; init; }

    /// <summary>Creates this rank's device. Called for each group of the rank; all devices use one GPU.</summary>
    public required Func<INcclDevice> NewDevice { get; init; }

    /// <summary>How long to wait for the other ranks at each communicator, more than zero. Default: 1 minute.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Settings of every exchange.</summary>
    public ExchangeOptions Exchange { get; init; } = new();
}
