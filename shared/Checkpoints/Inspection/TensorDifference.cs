using Distributed.Tensors.Safetensors;
using static TorchSharp.torch;

namespace Distributed.Checkpoints.Inspection;

/// <summary>How a tensor differs between two checkpoints.</summary>
/// <param name="Kind">Weights or optimizer state.</param>
/// <param name="Name">Of the tensor.</param>
/// <param name="What">In words where it is not a matter of values: in one only, other shape. Null otherwise.</param>
/// <param name="Types">Both element types where they differ; null otherwise.</param>
/// <param name="Largest">Largest absolute difference of two elements; NaN where one is NaN and the other not. 0 where only the type or the sign of a zero differs.</param>
/// <param name="Relative">That over the largest absolute value of the first; NaN where that is no finite number above 0.</param>
/// <param name="Elements">How many elements differ.</param>
public sealed record TensorDifference(TensorKind Kind, string Name, string? What, string? Types, double Largest, double Relative, long Elements)
{
    /// <summary>Compares the values of two tensors of one shape, in float64.</summary>
    public static TensorDifference Of(TensorKind kind, string name, Tensor first, Tensor second)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var types = first.dtype == second.dtype ? null : $"{Text(first)}, {Text(second)}";
        if (first.numel() == 0) return new TensorDifference(kind, name, null, types, 0, double.NaN, 0);
        var (a, b) = (first.to(ScalarType.Float64), second.to(ScalarType.Float64));
        var same = a.eq(b).logical_or(a.isnan().logical_and(b.isnan())); // infinities of one sign are equal, and so are two NaNs
        var largest = a.sub(b).abs().masked_fill(same, 0).max().item<double>();
        var scale = a.abs().max().item<double>();
        return new TensorDifference(kind, name, null, types, largest, double.IsFinite(scale) && scale > 0 ? largest / scale : double.NaN, same.logical_not().sum().item<long>());
    }

    /// <summary>A tensor that cannot be compared.</summary>
    public static TensorDifference Other(TensorKind kind, string name, string what) => new(kind, name, what, null, double.NaN, double.NaN, 0);

    private static string Text(Tensor tensor) => SafetensorsDtype.Find(tensor.dtype)?.Name ?? tensor.dtype.ToString();
}
