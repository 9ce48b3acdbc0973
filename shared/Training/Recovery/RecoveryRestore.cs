using System.Text.Json;
using Distributed.Parallel.Collectives;
using Distributed.Training.Batches;
using Distributed.Training.SavedState;
using Distributed.Training.Steps;
using Distributed.Transports;

namespace Distributed.Training.Recovery;

/// <summary>
/// Loads the state of a recovery point into a group. Every rank announces the tensors that it needs, and the holders of the parts send each
/// rank exactly these tensors.
/// </summary>
public static class RecoveryRestore
{
    /// <summary>Loads the state of a recovery point into a network. Every rank must call it.</summary>
    /// <param name="network">This rank's network, in the layout of the new group.</param>
    /// <param name="source">The recovery point, and the ranks that send its parts.</param>
    /// <param name="points">The parts that this rank holds.</param>
    /// <param name="world">Exchange over all ranks.</param>
    /// <param name="collectives">Collectives over all ranks.</param>
    /// <param name="epoch">Epoch of the new group.</param>
    /// <returns>The step and the sample position from which training resumes.</returns>
    /// <exception cref="TrainingException">This rank does not hold a part that it must send.</exception>
    /// <exception cref="Checkpoints.CheckpointException">A tensor is in none of the parts.</exception>
    public static SampleCursor Run(
        TrainedNetwork network, RecoverySource source, RecoveryPoints points, IExchange world, ICollectives collectives, long epoch)
    {
        using var recovered = new RecoveredTensors(source.Id.Step);
        var needs = new NetworkTensors(network, collectives).Needs;
        var position = Gather(recovered, needs, source, points, world, collectives, epoch);
        new NetworkLoader(network).Load(recovered);
        return new SampleCursor(source.Id.Step, position);
    }

    private static long Gather(RecoveredTensors recovered, TensorNeeds needs, RecoverySource source, RecoveryPoints points, IExchange world,
        ICollectives collectives, long epoch)
    {
        var matches = collectives.AllGatherBytes(JsonSerializer.SerializeToUtf8Bytes(needs))
            .Select(bytes => JsonSerializer.Deserialize<TensorNeeds>(bytes)!.Matcher()).ToArray();
        var mine = Enumerable.Range(0, source.Holders.Count).Where(owner => source.Holders[owner] == world.Rank)
            .Select(owner => points.Find(source.Id, owner)
                ?? throw new TrainingException(
                    $"Rank {world.Rank} does not hold the part of rank {owner} "
                    + $"of the recovery point of step {source.Id.Step}, epoch {source.Id.Epoch}."))
            .ToList();
        var toSend = matches.Select(match => mine.Count == 0
            ? ((long, IReadOnlyList<(RecoveryPoint, RecoveryEntry)>)?)null
            : (mine[0].Position, [.. mine.SelectMany(part => part.Entries
                .Where(entry => match(entry.Kind, entry.Name)).Select(entry => (part, entry)))])).ToList();
        var position = 0L;
        foreach (var message in new PartExchange(world, epoch) { Step = source.Id.Step }.Run(toSend))
        {
            if (message is null) continue;
            position = message.Table.Position;
            recovered.Add(message.Memory, message.Table.Entries);
        }

        return position;
    }
}
