using System.Collections.Immutable;
using Distributed.Checkpoints.Stores;
using Distributed.Data.Preparation;
using Distributed.Training.Jobs;
using Distributed.Training.Recovery;
using Distributed.Training.Steps;

namespace Distributed.Training;

/// <summary>One rank's part of a training run.</summary>
public sealed record TrainerAssignment
{
    /// <summary>The whole job, with its vocabulary and precision settled (<see cref="TrainingJob.WithVocabulary"/>).</summary>
    public required TrainingJob Job { get; init; }

    /// <summary>Its text, tokenizer and held-out text.</summary>
    public required PreparedData Data { get; init; }

    /// <summary>By layer index, each rank's experts.</summary>
    public required IReadOnlyDictionary<int, ImmutableArray<ImmutableArray<int>>> Placement { get; init; }

    /// <summary>Checkpoint to go on from, a folder of one or of many with a <c>latest</c>; null starts afresh.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Recovery point to go on from, before any checkpoint; null for none.</summary>
    public RecoverySource? Recovery { get; init; }

    /// <summary>When recovery points are taken; null never takes any.</summary>
    public RecoveryOptions? Points { get; init; }

    /// <summary>Where they are kept, longer than one epoch; needed where any are taken or gone on from.</summary>
    public RecoveryPoints? Kept { get; init; }

    /// <summary>The job as it was asked for, where other workers than those have it now: what checkpoints say of it.</summary>
    public TrainingJob? AskedFor { get; init; }

    /// <summary>The run that all of its epochs are of; null where there is but one.</summary>
    public string? Run { get; init; }

    /// <summary>Identity of the run in its manifests, kept by every resume; null where those that it continues have none.</summary>
    public string? RunIdentity { get; init; }

    /// <summary>Makes the store of the run's checkpoints from its folder's path; null for the folder itself.</summary>
    public Func<string, ICheckpointStore>? Store { get; init; }

    /// <summary>Called on the training thread once a step's own gradients are complete and not yet summed over ranks, with the steps before it; null for nothing.</summary>
    public Action<long, TrainedNetwork>? AfterBackward { get; init; }
}
