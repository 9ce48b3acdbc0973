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
    /// <summary>The group's membership and placement.</summary>
    public required GroupEpoch Epoch { get; init; }

    /// <summary>This worker's rank, from 0.</summary>
    public required int Rank { get; init; }

    /// <summary>Ranks of the group.</summary>
    public required int World { get; init; }

    /// <summary>The whole job, with the workers that it has now.</summary>
    public required TrainingJob Job { get; init; }

    /// <summary>The job with the workers that were asked for; null where it has them.</summary>
    public TrainingJob? AskedFor { get; init; }

    /// <summary>By layer index, each rank's experts.</summary>
    public required IReadOnlyDictionary<int, ImmutableArray<ImmutableArray<int>>> Placement { get; init; }

    /// <summary>Folder of the checkpoint to go on from; null starts afresh.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Identity of the run in the manifests of its checkpoints; null where those that it continues have none.</summary>
    public string? Run { get; init; }

    /// <summary>Recovery point to go on from; null for none.</summary>
    public RecoverySource? Recovery { get; init; }

    /// <summary>When recovery points are taken; null never takes any.</summary>
    public RecoveryOptions? Points { get; init; }

    /// <summary>Where they are kept, as long as the worker lives.</summary>
    public RecoveryPoints? Kept { get; init; }

    /// <summary>How the ranks exchange; null where they are threads of one process.</summary>
    public Exchange? Exchange { get; init; }

    /// <summary>How the ranks come to an id, where they exchange over NCCL.</summary>
    public NcclIdRelay? NcclIds { get; init; }

    /// <summary>Steps committed before the first one to do.</summary>
    public long FirstStep { get; init; }

    /// <summary>Steps to profile after the warm-up; 0 for none.</summary>
    public int ProfileSteps { get; init; }

    /// <summary>What this worker is to make happen to itself.</summary>
    public IReadOnlyList<Fault> Faults { get; init; } = [];

    /// <summary>The experts of a layer on this rank, ascending.</summary>
    public ImmutableArray<int> LocalExperts(int layer) => Placement[layer][Rank];
}
