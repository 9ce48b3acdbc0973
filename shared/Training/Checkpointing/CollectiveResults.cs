using Distributed.Checkpoints;
using Distributed.Parallel.Collectives;
using Distributed.Training.SavedState;

namespace Distributed.Training.Checkpointing;

/// <summary>
/// Runs an action on the ranks and exchanges its results, so that all ranks continue with the same outcome. Every method is one
/// all-gather: every rank must call it.
/// </summary>
/// <param name="collectives">Collectives over all ranks.</param>
/// <param name="order">Order of the network's tensors, by which the first tensor that is not finite is reported.</param>
internal sealed class CollectiveResults(ICollectives collectives, TensorOrder order)
{
    /// <summary>Runs the action on every rank and returns the values of all ranks, by rank.</summary>
    /// <exception cref="CheckpointException">
    /// The action failed on at least one rank. Every rank throws the failure with the highest cause; of several, the failure of the lowest
    /// rank, or the one with the first tensor.
    /// </exception>
    public IReadOnlyList<T> FromAll<T>(Func<T> action)
    {
        var results = collectives.AllGatherBytes(RankResult<T>.Of(action).ToBytes())
            .Select(bytes => RankResult<T>.FromBytes(bytes)).ToArray();
        var failures = results.Index().Where(result => result.Item.Failure is not null)
            .Select(result => (result.Index, result.Item.Failure!)).ToArray();
        return failures.Length == 0 ? [.. results.Select(result => result.Value!)] : throw Reported(failures);
    }

    /// <summary>Runs the action on rank 0 and returns its value on every rank.</summary>
    /// <exception cref="CheckpointException">The action failed; every rank throws its failure.</exception>
    public T FromRankZero<T>(Func<T> action) => FromAll(() => collectives.Rank == 0 ? action() : default!)[0];

    private CheckpointException Reported(IReadOnlyList<(int Rank, RankFailure Failure)> failures)
    {
        var worst = failures.Max(each => each.Failure.Cause);
        var candidates = failures.Where(each => each.Failure.Cause == worst).ToArray();
        var rank = worst == CheckpointFailureCause.NotFinite
            ? order.First(candidates.Select(each => (each.Rank, each.Failure.Tensor!))).Rank : candidates[0].Rank;
        var reported = candidates.First(each => each.Rank == rank).Failure;
        return new CheckpointException($"rank {rank}: {reported.Message}") { Cause = worst, Tensor = reported.Tensor, Rank = rank };
    }
}
