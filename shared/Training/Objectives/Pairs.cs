using Distributed.Parallel.Forward;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Objectives;

/// <summary>The pairs of a packed batch: of its sequences, the first, third, ... are chosen, each followed by the rejected one.</summary>
internal static class Pairs
{
    /// <summary>Names of the metrics of a pair.</summary>
    public static IReadOnlyList<string> Metrics { get; } = ["accuracy", "margin", "chosen_reward", "rejected_reward"];

    /// <summary>Number of pairs of a batch.</summary>
    public static long Count(TokenBatch batch) => batch.SequenceCount / 2;

    /// <summary>Divides values of sequences, [2P], into those of the chosen and of the rejected ones, [P] each.</summary>
    public static (Tensor Chosen, Tensor Rejected) Split(Tensor values)
    {
        var pairs = values.view(-1, 2);
        return (pairs.select(1, 0), pairs.select(1, 1));
    }

    /// <summary>Adds the metrics of the pairs to their sums; equal rewards count as half ranked correctly.</summary>
    /// <param name="chosen">Rewards of the chosen sequences, [P].</param>
    /// <param name="rejected">Rewards of the rejected sequences, [P].</param>
    /// <param name="sums">The sums, in the order of <see cref="Metrics"/>.</param>
    public static void Measure(Tensor chosen, Tensor rejected, double[] sums)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var difference = chosen.to(ScalarType.Float64) - rejected.to(ScalarType.Float64);
        sums[0] += (difference.sign() + 1).sum().ToDouble() / 2;
        sums[1] += difference.sum().ToDouble();
        sums[2] += chosen.to(ScalarType.Float64).sum().ToDouble();
        sums[3] += rejected.to(ScalarType.Float64).sum().ToDouble();
    }
}
