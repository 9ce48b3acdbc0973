using Distributed.Checkpoints;
using Distributed.Data.Tokenizers;
using Distributed.Parallel.Collectives;
using Distributed.Training.Batches;
using Distributed.Training.Checkpointing;
using Distributed.Training.Recovery;
using Distributed.Training.SavedState;
using Distributed.Training.Steps;
using Distributed.Transports;

namespace Distributed.Training;

/// <summary>The state that a run starts from: a recovery point, a checkpoint, or initial weights, drawn or of another run.</summary>
internal static class InitialState
{
    /// <summary>Loads the state into a network. Every rank must call it. Only a recovery point needs exchanges.</summary>
    /// <param name="assignment">The job and the state to start from.</param>
    /// <param name="network">This rank's network.</param>
    /// <param name="tokenizer">The tokenizer of the data.</param>
    /// <param name="world">Exchange over all ranks.</param>
    /// <param name="collectives">Collectives over all ranks.</param>
    /// <param name="epoch">Epoch of the group.</param>
    /// <returns>The step and the sample position from which training continues.</returns>
    /// <exception cref="CheckpointException">
    /// The checkpoint is damaged, of another network, or was removed (<see cref="CheckpointFailureCause.Removed"/>).
    /// </exception>
    public static SampleCursor Load(
        TrainerAssignment assignment, TrainedNetwork network, BpeTokenizer tokenizer, IExchange world, ICollectives collectives, long epoch)
    {
        if (assignment.Recovery is { } source)
            return RecoveryRestore.Run(network, source, assignment.RecoveryPoints!, world, collectives, epoch);
        if (assignment.Checkpoint is { } folder) return LoadCheckpoint(network, folder);
        network.Model.Parameters.Initialise(assignment.Job.Seed, assignment.Job.Model.InitializerRange);
        network.Masters.CopyFromNetwork();
        if (assignment.Job.Checkpoint.Initial is { } initial)
        {
            using var checkpoint = Checkpoint.Open(initial);
            OtherNetwork.RequireInitial(checkpoint, assignment.Job, tokenizer);
            WeightLoader.LoadInitial(network, new CheckpointTensors(checkpoint));
        }

        return default;
    }

    private static SampleCursor LoadCheckpoint(TrainedNetwork network, string folder)
    {
        try
        {
            using var checkpoint = Checkpoint.Open(folder);
            CheckpointLoader.Load(network, checkpoint);
            return new SampleCursor(checkpoint.State.Step, checkpoint.State.SampleCursor);
        }
        catch (CheckpointException error) when (!Directory.Exists(folder))
        {
            // A rank 0 of an earlier epoch that is not fenced yet may have saved a newer checkpoint and removed this one.
            throw new CheckpointException($"{folder}: the checkpoint was removed before it could be read.", error)
            {
                Cause = CheckpointFailureCause.Removed,
            };
        }
    }
}
