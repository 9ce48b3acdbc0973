using Distributed.Tensors.Safetensors;
using static TorchSharp.torch;

namespace Distributed.Checkpoints.Inspection;

/// <summary>The difference of a tensor between two checkpoints.</summary>
/// <param name="Kind">Weights or optimizer state.</param>
/// <param name="Name">Name of the tensor.</param>
/// <param name="What">
/// Describes a difference that is not one of values: the tensor is in one checkpoint only, or has another shape. Null otherwise.
/// </param>
/// <param name="Types">Both element types if they differ; null otherwise.</param>
/// <param name="Largest">
/// Largest absolute difference of two elements. NaN if one of them is NaN and the other is not. 0 if only the type or the sign of a zero
/// differs.
/// </param>
/// <param name="Relative">
/// <paramref name="Largest"/> divided by the largest absolute value of the first tensor; NaN if that value is 0 or not finite.
/// </param>
/// <param name="Elements">Number of elements that differ.</param>
public sealed record TensorDifference(
    TensorKind Kind, string Name, string? What, string? Types, double Largest, double Relative, long Elements)
{
    /// <summary>Compares the values of two tensors of the same shape in float64.</summary>
    public static TensorDifference Of(TensorKind kind, string name, Tensor first, Tensor second)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var types = first.dtype == second.dtype ? null : $"{Text(first)}, {Text(second)}";
        if (first.numel() == 0) return new TensorDifference(kind, name, null, types, 0, double.NaN, 0);
        var (a, b) = (first.to(ScalarType.Float64), second.to(ScalarType.Float64));
        var same = a.eq(b).logical_or(a.isnan().logical_and(b.isnan())); // two NaNs are equal, and so are infinities of the same sign
        var largest = a.sub(b).abs().masked_fill(same, 0).max().item<double>();
        var scale = a.abs().max().item<double>();
        return new TensorDifference(kind, name, null, types, largest, double.IsFinite(scale) && scale > 0 ? largest / scale : double.NaN,
            same.logical_not().sum().item<long>());
    }

    /// <summary>The difference of tensors whose values cannot be compared.</summary>
    public static TensorDifference Other(TensorKind kind, string name, string what) =>
        new(kind, name, what, null, double.NaN, double.NaN, 0);

    private static string Text(Tensor tensor) => SafetensorsDtype.Find(tensor.dtype)?.Name ?? tensor.dtype.ToString();
}
