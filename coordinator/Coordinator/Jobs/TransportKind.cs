namespace Distributed.Coordinator.Jobs;

/// <summary>The transport over which the members of a group exchange.</summary>
public enum TransportKind
{
    /// <summary>The fastest transport that all members support.</summary>
    Auto,

    /// <summary>Shared memory of one host.</summary>
    SameHost,

    /// <summary>gRPC.</summary>
    Grpc,

    /// <summary>NCCL, with one GPU for each member.</summary>
    Nccl,
}
