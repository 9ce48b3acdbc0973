using System.Text.Json;
using Distributed.Parallel.Collectives;
using Distributed.Training.Batches;
using Distributed.Training.Checkpointing;
using Distributed.Training.Steps;
using Distributed.Transports;

namespace Distributed.Training.Recovery;

/// <summary>
/// Brings a group to a recovery point: every rank says what it needs, whoever holds parts sends from them, and no rank gets more than it needs.
/// </summary>
public static class RecoveryRestore
{
    /// <summary>Gives a network the state of a recovery point; all ranks together.</summary>
    /// <param name="network">Of this rank, in the new group's layout.</param>
    /// <param name="source">The point, and who gives which part.</param>
    /// <param name="points">What this rank holds.</param>
    /// <param name="world">All ranks.</param>
    /// <param name="collectives">Over them.</param>
    /// <param name="epoch">The new group's epoch.</param>
    /// <returns>Where the samples go on.</returns>
    /// <exception cref="TrainingException">This rank was to give a part that it does not hold.</exception>
    /// <exception cref="Checkpoints.CheckpointException">A tensor is in none of the parts.</exception>
    public static SampleCursor Run(TrainedNetwork network, RecoverySource source, RecoveryPoints points, IExchange world, ICollectives collectives, long epoch)
    {
        var tensors = new NetworkTensors(network, collectives);
        using var recovered = new RecoveredTensors(source.Moment.Step);
        var position = Gather(recovered, tensors.Needs, source, points, world, collectives, epoch);
        tensors.Load(recovered);
        return new SampleCursor(source.Moment.Step, position);
    }

    private static long Gather(RecoveredTensors recovered, TensorNeeds needs, RecoverySource source, RecoveryPoints points, IExchange world, ICollectives collectives, long epoch)
    {
        var matches = collectives.AllGatherBytes(JsonSerializer.SerializeToUtf8Bytes(needs)).Select(bytes => TensorNeeds.Matcher(JsonSerializer.Deserialize<TensorNeeds>(bytes)!)).ToArray();
        var mine = Enumerable.Range(0, source.Holders.Count).Where(owner => source.Holders[owner] == world.Rank).Select(owner => points.Find(source.Moment, owner)
            ?? throw new TrainingException($"rank {world.Rank} does not hold the part of rank {owner} of the recovery point of step {source.Moment.Step}, epoch {source.Moment.Epoch}")).ToList();
        var toSend = matches.Select(match => mine.Count == 0
            ? ((long, IReadOnlyList<(RecoveryPoint, RecoveryEntry)>)?)null
            : (mine[0].Position, [.. mine.SelectMany(part => part.Entries.Where(match).Select(entry => (part, entry)))])).ToList();
        var position = 0L;
        foreach (var message in new PartExchange(world, epoch) { Step = source.Moment.Step }.Run(toSend))
        {
            if (message is null) continue;
            position = message.Table.Position;
            recovered.Add(message.Memory, message.Table.Entries);
        }

        return position;
    }
}
