using Distributed.Checkpoints;
using Distributed.Training.SavedState;
using Distributed.Training.Steps;

namespace Distributed.Training.Checkpointing;

/// <summary>Loads checkpoints into a network.</summary>
public static class CheckpointLoader
{
    /// <summary>Loads weights, router biases and optimizer state from a checkpoint of any layout. Ranks load independently.</summary>
    /// <param name="network">The network, in any layout.</param>
    /// <param name="checkpoint">The checkpoint, which stays open.</param>
    /// <exception cref="CheckpointException">The checkpoint is of another network or is damaged.</exception>
    public static void Load(TrainedNetwork network, Checkpoint checkpoint)
    {
        checkpoint.RequireMatches(NetworkTensors.Expected(network.Model.Config));
        new NetworkLoader(network).Load(new CheckpointTensors(checkpoint));
    }
}
