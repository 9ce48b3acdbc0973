using Distributed.Parallel.Forward;
using Distributed.Parallel.Segments;
using Distributed.Training.Steps;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families;

/// <summary>Checks the number of tokens of each expert before a step.</summary>
internal static class TrajectoryLoads
{
    /// <param name="golden">The case.</param>
    /// <param name="network">The network after the previous steps.</param>
    /// <param name="batches">The step's micro-batches.</param>
    /// <param name="step">Index of the step, from 0.</param>
    /// <param name="expected">Reference loads, [MoE layers, E] int64; may contain only the layers of the trunk.</param>
    public static void Check(GoldenCase golden, TrainedNetwork network, IReadOnlyList<TokenBatch> batches, int step, Tensor expected)
    {
        var own = new SortedDictionary<int, Tensor>();
        for (var micro = 0; micro < batches.Count; micro++)
        {
            using var tape = new Tape(null);
            foreach (var (layer, counts) in network.Forward.Run(tape, batches[micro], step, micro).Loads)
                own[layer] = own.TryGetValue(layer, out var sum) ? sum + tensor(counts) : tensor(counts);
        }

        Assert.True(
            own.Count >= expected.shape[0],
            $"{golden.Name}: expert_loads has {expected.shape[0]} layers, this network has {own.Count}.");
        var exact = golden.Tolerances.Find("expert_loads", @"first (\d+) steps", 10);
        var tokens = golden.Tolerances.Find("expert_loads", @"difference of (\d+) token", 2);
        foreach (var ((layer, counts), row) in own.Take((int)expected.shape[0]).Select((pair, row) => (pair, row)))
        {
            // A token that chose another expert counts as a difference at two experts.
            var moved = (counts - expected[row]).abs().sum().ToInt64() / 2;
            Assert.True(
                moved <= (step < exact ? 0 : tokens),
                $"expert loads of step {step}, layer {layer}: {moved} tokens chose other experts");
        }
    }
}
