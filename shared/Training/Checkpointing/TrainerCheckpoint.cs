using System.Text;
using System.Text.Json;
using Distributed.Checkpoints;
using Distributed.Models.DeepSeekV3;
using Distributed.Parallel.Collectives;
using Distributed.Training.Reports;
using Distributed.Training.Steps;

namespace Distributed.Training.Checkpointing;

/// <summary>
/// Saves and loads a network in training, all ranks together: each rank writes its experts and its share of the
/// other parameters, rank 0 commits what all have written, and only then does <c>latest</c> move.
/// </summary>
/// <param name="network">What is saved.</param>
/// <param name="collectives">The group.</param>
/// <param name="root">Folder of the run's checkpoints.</param>
/// <param name="retention">Which older ones stay.</param>
/// <param name="time">The clock.</param>
public sealed class TrainerCheckpoint(TrainedNetwork network, ICollectives collectives, string root, RetentionPolicy retention, TimeProvider time)
{
    private readonly NetworkTensors _tensors = new(network, collectives);

    /// <summary>Saves a checkpoint.</summary>
    /// <param name="state">What it says of itself.</param>
    /// <returns>The same on every rank.</returns>
    /// <exception cref="CheckpointException">Any rank could not write; every rank hears of it, and <c>latest</c> is as before.</exception>
    public CheckpointReport Save(CheckpointState state)
    {
        var start = time.GetTimestamp();
        var folder = "";
        IReadOnlyList<ManifestEntry> all = [];
        var committed = "";
        try
        {
            folder = FromRankZero(() => CheckpointCommit.Begin(root, state.Step, epoch: 0));
            all = [.. FromAll(() => JsonSerializer.Serialize(Write(folder))).SelectMany(text => JsonSerializer.Deserialize<ManifestEntry[]>(text)!)];
            committed = FromRankZero(() =>
            {
                var expected = DeepSeekV3Model.TensorsOf(network.Model.Config).Select(tensor => new ExpectedTensor(TensorKind.Weights, tensor.Name, tensor.Shape));
                var final = CheckpointCommit.Commit(folder, state, all, [.. expected]);
                CheckpointPublish.Publish(final, retention);
                return final;
            });
        }
        catch (CheckpointException) when (folder.Length > 0 && collectives.Rank == 0)
        {
            CheckpointCommit.Abandon(folder);
            throw;
        }

        return new CheckpointReport(state.Step, committed, all.Sum(entry => entry.Length), time.GetElapsedTime(start).TotalSeconds);
    }

    /// <summary>Takes weights, router biases and optimizer state from a checkpoint of any layout.</summary>
    /// <exception cref="CheckpointException">It is of another network, or damaged.</exception>
    public void Load(Checkpoint checkpoint)
    {
        var expected = DeepSeekV3Model.TensorsOf(network.Model.Config).Select(tensor => new ExpectedTensor(TensorKind.Weights, tensor.Name, tensor.Shape));
        checkpoint.RequireMatches([.. expected]);
        _tensors.Load(checkpoint);
    }

    private IReadOnlyList<ManifestEntry> Write(string folder) =>
    [
        .. CheckpointShardWriter.WriteShard(folder, TensorKind.Weights, collectives.Rank, _tensors.Weights()),
        .. CheckpointShardWriter.WriteShard(folder, TensorKind.Optimizer, collectives.Rank, _tensors.OptimizerState()),
    ];

    private string FromRankZero(Func<string> action) => FromAll(() => collectives.Rank == 0 ? action() : "")[0];

    // Every rank's answer; where any rank failed, all throw the message of the one that is to blame.
    private string[] FromAll(Func<string> action)
    {
        const char Done = '+', Failed = '-', FailedAfterAnother = '~';
        string answer;
        try
        {
            answer = Done + action();
        }
        catch (CheckpointException error)
        {
            answer = (error.IsConsequence ? FailedAfterAnother : Failed) + error.Message;
        }

        var answers = collectives.AllGatherBytes(Encoding.UTF8.GetBytes(answer)).Select(Encoding.UTF8.GetString).ToArray();
        var culprit = Array.FindIndex(answers, text => text[0] == Failed);
        if (culprit < 0) culprit = Array.FindIndex(answers, text => text[0] == FailedAfterAnother);
        return culprit < 0 ? [.. answers.Select(text => text[1..])] : throw new CheckpointException($"rank {culprit}: {answers[culprit][1..]}");
    }
}
