using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Models.Layers;

/// <summary>The result of a layer, optionally with a function that recomputes it in backward.</summary>
/// <param name="Value">The result.</param>
/// <param name="Recomputed">
/// Recomputes the result in backward, so that operations that take it need not keep it; null if the result is kept.
/// </param>
public readonly record struct Activation(Tensor Value, RecomputedTensors? Recomputed = null)
{
    /// <summary>Creates an activation that is kept.</summary>
    public static implicit operator Activation(Tensor value) => new(value);

    /// <summary>
    /// Creates an activation of a function's result. The result is recomputed if <paramref name="recompute"/> is true and gradients are
    /// enabled; otherwise it is kept.
    /// </summary>
    /// <param name="value">The result.</param>
    /// <param name="recompute">Whether to recompute the result in backward.</param>
    /// <param name="inputs">Inputs of the function.</param>
    /// <param name="compute">Computes the result from the values of the inputs.</param>
    public static Activation Of(Tensor value, bool recompute, ReadOnlySpan<Activation> inputs, Func<Tensor[], Tensor> compute) =>
        new(value, recompute ? Recompute(inputs, tensors => [compute(tensors)]) : null);

    /// <summary>Prepares the recomputation of tensors from activations; null if gradients are disabled.</summary>
    public static RecomputedTensors? Recompute(ReadOnlySpan<Activation> inputs, Func<Tensor[], Tensor[]> compute)
    {
        if (!is_grad_enabled()) return null;
        var from = inputs.ToArray();
        return new RecomputedTensors(() =>
        {
            var sources = from.Select(input => input.Recomputed is { } recomputed ? Taken(recomputed) : Held(input.Value)).ToArray();
            return () => compute([.. sources.Select(source => source())]);
        });
    }

    private static Func<Tensor> Taken(RecomputedTensors recomputed)
    {
        recomputed.AddUser();
        return () => recomputed.Take()[0];
    }

    // The operation that computed the result holds the same memory.
    private static Func<Tensor> Held(Tensor value)
    {
        var held = value.detach().DetachFromDisposeScope();
        return () =>
        {
            using (held) return held.alias();
        };
    }
}
