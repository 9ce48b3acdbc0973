using System.Collections.Immutable;
using Distributed.Protocol;
using Distributed.Protocol.Faults;
using Distributed.Protocol.Identities;
using Distributed.Training.Jobs;
using Distributed.Training.Recovery;

namespace Distributed.Worker.Roles;

/// <summary>One rank's part of a plan.</summary>
public sealed record RoleAssignment
{
    /// <summary>Identity of the group and version of its membership.</summary>
    public required GroupEpoch Epoch { get; init; }

    /// <summary>This worker's rank, from 0.</summary>
    public required int Rank { get; init; }

    /// <summary>Number of ranks of the group.</summary>
    public required int World { get; init; }

    /// <summary>The whole job, with its current number of workers.</summary>
    public required TrainingJob Job { get; init; }

    /// <summary>The job with the number of workers that was requested; null if it has that number.</summary>
    public TrainingJob? RequestedJob { get; init; }

    /// <summary>The experts of each rank, by layer index.</summary>
    public required IReadOnlyDictionary<int, ImmutableArray<ImmutableArray<int>>> Placement { get; init; }

    /// <summary>Folder of the checkpoint to resume from; null for none.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Identity of the run, for the manifests of its checkpoints; null if the checkpoints that it continues have none.</summary>
    public string? Run { get; init; }

    /// <summary>Recovery point to recover from; null for none.</summary>
    public RecoverySource? Recovery { get; init; }

    /// <summary>When recovery points are taken; null for never.</summary>
    public RecoveryOptions? RecoveryOptions { get; init; }

    /// <summary>Store of the recovery points, which lives as long as the worker; null for none.</summary>
    public RecoveryPoints? RecoveryPoints { get; init; }

    /// <summary>How the ranks exchange; null if they are threads of one process.</summary>
    public Exchange? Exchange { get; init; }

    /// <summary>Shares the NCCL id among the ranks; null if they do not exchange over NCCL.</summary>
    public NcclIdRelay? NcclIds { get; init; }

    /// <summary>Committed steps at the start of the role.</summary>
    public long FirstStep { get; init; }

    /// <summary>Steps to profile after the warm-up; 0 for none.</summary>
    public int ProfileSteps { get; init; }

    /// <summary>The faults that this worker injects into itself.</summary>
    public IReadOnlyList<Fault> Faults { get; init; } = [];

    /// <summary>Returns the experts of a layer on this rank, ascending.</summary>
    public ImmutableArray<int> LocalExperts(int layer) => Placement[layer][Rank];
}
