using System.Collections.Immutable;
using Distributed.Checkpoints.Stores;
using Distributed.Training.Jobs;
using Distributed.Training.Recovery;
using Distributed.Training.Steps;

namespace Distributed.Training;

/// <summary>One rank's part of a training run.</summary>
public sealed record TrainerAssignment
{
    /// <summary>
    /// The whole job, with its current number of workers. A trainer needs its final vocabulary and precision
    /// (<see cref="WithVocabulary"/>).
    /// </summary>
    public required TrainingJob Job { get; init; }

    /// <summary>Placement: by layer index, the experts of each rank.</summary>
    public required IReadOnlyDictionary<int, ImmutableArray<ImmutableArray<int>>> Placement { get; init; }

    /// <summary>Checkpoint to resume from: its folder, or a folder of checkpoints with a <c>latest</c>. Null starts a new run.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Recovery point to resume from; it takes precedence over <see cref="Checkpoint"/>. Null for none.</summary>
    public RecoverySource? Recovery { get; init; }

    /// <summary>When recovery points are taken; null takes none.</summary>
    public RecoveryOptions? RecoveryOptions { get; init; }

    /// <summary>
    /// The recovery points that this worker holds, over several epochs. Required if <see cref="Recovery"/> or <see cref="RecoveryOptions"/>
    /// is set.
    /// </summary>
    public RecoveryPoints? RecoveryPoints { get; init; }

    /// <summary>The job as the user requested it, for checkpoints, if its workers differ from <see cref="Job"/>; else null.</summary>
    public TrainingJob? RequestedJob { get; init; }

    /// <summary>Identifies the run to which all epochs belong; null if the run has one epoch only.</summary>
    public string? Run { get; init; }

    /// <summary>
    /// Identity of the run in its manifests, kept by every resume; null if the checkpoints that it resumes from have none.
    /// </summary>
    public string? RunIdentity { get; init; }

    /// <summary>Creates the store of the run's checkpoints from the path of its folder; null uses the folder directly.</summary>
    public Func<string, ICheckpointStore>? Store { get; init; }

    /// <summary>
    /// Called on the training thread when this rank's gradients of a step are complete but not yet summed over ranks, with the number of
    /// steps committed before; null for no call.
    /// </summary>
    public Action<long, TrainedNetwork>? AfterBackward { get; init; }

    /// <summary>Returns the assignment with the final vocabulary size and precision of its jobs.</summary>
    /// <param name="vocabulary">Number of tokens of the tokenizer.</param>
    /// <exception cref="Distributed.Configuration.ConfigException">
    /// The job sets a <c>vocab_size</c> that is too small for the tokenizer.
    /// </exception>
    public TrainerAssignment WithVocabulary(int vocabulary) => this with
    {
        Job = Job.WithVocabulary(vocabulary), RequestedJob = RequestedJob?.WithVocabulary(vocabulary),
    };
}
