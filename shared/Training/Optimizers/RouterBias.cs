using static TorchSharp.torch;

namespace Distributed.Training.Optimizers;

/// <summary>
/// Balances experts without an auxiliary loss: after every step, the bias that steers the choice of experts moves against their load
/// (Wang et al., Auxiliary-Loss-Free Load Balancing Strategy for Mixture-of-Experts, algorithm 1; DeepSeek-V3 Technical Report,
/// section 2.1.2).
/// </summary>
public static class RouterBias
{
    /// <summary>
    /// Updates in place: b_i ← b_i + speed * sign(mean load - load_i). The bias of an expert with exactly the mean load does not change.
    /// The comparison uses float64 sums and is exact for counts below 2^53 / E.
    /// </summary>
    /// <param name="bias">Bias [..., E], float32 or float64; for example one row per layer.</param>
    /// <param name="loads">Tokens per expert over the global batch, [..., E], of any type.</param>
    /// <param name="speed">Size of a change, 0 or more; DeepSeek-V3: 0.001.</param>
    /// <param name="centered">Whether the mean of the changes is subtracted from them, which keeps the mean of the bias constant.</param>
    /// <exception cref="ArgumentException">The shapes or types do not fit, or the speed is out of range.</exception>
    public static void Update(Tensor bias, Tensor loads, double speed, bool centered = false)
    {
        if (bias.dtype is not (ScalarType.Float32 or ScalarType.Float64) || bias.dim() == 0 || !bias.shape.SequenceEqual(loads.shape))
        {
            throw new ArgumentException(
                $"The router bias is {bias.dtype} [{string.Join(", ", bias.shape)}] and the loads are [{string.Join(", ", loads.shape)}]; "
                + "the bias must be Float32 or Float64, and both [..., experts].");
        }
        if (!(speed >= 0 && double.IsFinite(speed)))
            throw new ArgumentException($"The bias update speed is {speed}; it must be 0 or more.");

        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var counts = loads.to(ScalarType.Float64);                                        // [..., E]
        var excess = counts * counts.size(-1) - counts.sum(-1, keepdim: true);            // [..., E], E (load - mean)
        var change = excess.sign().neg().to(bias.dtype) * speed;                          // [..., E]
        if (centered) change = change - change.mean([-1], keepdim: true);
        bias.add_(change);
    }
}
