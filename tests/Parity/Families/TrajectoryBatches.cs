using Distributed.Parallel.Forward;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families;

/// <summary>Reads the micro-batches of a step: one [B, S], or several if the case accumulates gradients.</summary>
internal static class TrajectoryBatches
{
    /// <param name="golden">The case; its settings may contain the number of micro-batches.</param>
    /// <param name="inputs">Tokens, [steps, B, S], [steps, micro, B, S], or [steps * micro, B, S].</param>
    /// <param name="step">Index of the step, from 0.</param>
    public static IReadOnlyList<TokenBatch> Of(GoldenCase golden, Tensor inputs, int step)
    {
        var key = golden.Params.Keys.FirstOrDefault(key => key.Contains("accum", StringComparison.OrdinalIgnoreCase));
        var micro = key is null ? 1 : (int)golden.Params.Whole(key, 1);
        Assert.True(inputs.dim() is 3 or 4, $"{golden.Name}: input_ids have {inputs.dim()} dimensions; they must have 3 or 4.");
        Tensor[] tokens = inputs.dim() == 4
            ? inputs[step].unbind(0) : [.. Enumerable.Range(step * micro, micro).Select(row => inputs[row])];
        return [.. tokens.Select(WithTargets)];
    }

    private static TokenBatch WithTargets(Tensor tokens)
    {
        var end = full([tokens.shape[0], 1], TokenBatch.NoTarget, ScalarType.Int64);
        return new TokenBatch(tokens.alias(), cat([tokens.narrow(1, 1, tokens.shape[1] - 1), end], 1));
    }
}
