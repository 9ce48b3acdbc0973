using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Models.Layers;

/// <summary>A layer's result as the next one takes it.</summary>
/// <param name="Value">The result.</param>
/// <param name="Again">Makes it once more in backward, for those who then need not keep it; null where it is kept.</param>
public readonly record struct Activation(Tensor Value, RecomputedTensors? Again = null)
{
    /// <summary>One that is kept.</summary>
    public static implicit operator Activation(Tensor value) => new(value);

    /// <summary>The result of a function that is not kept if <paramref name="wanted"/>, and if a backward may follow.</summary>
    /// <param name="value">The result.</param>
    /// <param name="wanted">Whether it is recomputed.</param>
    /// <param name="inputs">What it was made of.</param>
    /// <param name="make">Makes it again.</param>
    public static Activation Of(Tensor value, bool wanted, ReadOnlySpan<Activation> inputs, Func<Tensor[], Tensor> make) =>
        new(value, wanted ? Remake(inputs, tensors => [make(tensors)]) : null);

    /// <summary>Makes tensors again of activations; null where no backward may follow.</summary>
    public static RecomputedTensors? Remake(ReadOnlySpan<Activation> inputs, Func<Tensor[], Tensor[]> make)
    {
        if (!is_grad_enabled()) return null;
        var from = inputs.ToArray();
        return new RecomputedTensors(() =>
        {
            var sources = from.Select(input => input.Again is { } again ? Taken(again) : Held(input.Value)).ToArray();
            return () => make([.. sources.Select(source => source())]);
        });
    }

    private static Func<Tensor> Taken(RecomputedTensors again)
    {
        again.AddUser();
        return () => again.Take()[0];
    }

    // Its memory is held by the operation that made the result, too.
    private static Func<Tensor> Held(Tensor value)
    {
        var held = value.detach().DetachFromDisposeScope();
        return () =>
        {
            using (held) return held.alias();
        };
    }
}
