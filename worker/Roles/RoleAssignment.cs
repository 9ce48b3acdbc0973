using Distributed.Protocol;
using Distributed.Protocol.Faults;
using Distributed.Protocol.Identities;
using Distributed.Training;
using Distributed.Training.Jobs;

namespace Distributed.Worker.Roles;

/// <summary>One rank's part of a plan: its place in the group, and what it trains.</summary>
public sealed record RoleAssignment
{
    /// <summary>Identity of the group and version of its membership.</summary>
    public required GroupEpoch Epoch { get; init; }

    /// <summary>This worker's rank, from 0.</summary>
    public required int Rank { get; init; }

    /// <summary>The job, its placement and the state to start from. The vocabulary of the job need not be final.</summary>
    public required TrainerAssignment Trainer { get; init; }

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

    /// <summary>The whole job, with its current number of workers.</summary>
    public TrainingJob Job => Trainer.Job;
}
