using static TorchSharp.torch;

namespace Distributed.Training.Optimizers;

/// <summary>Checks the arguments of <see cref="IOptimizer.Step"/> before anything changes.</summary>
internal static class StepArguments
{
    public static void Check(IReadOnlyList<OptimizedParameter> parameters, double learningRate, StateTable table, int leastDimensions)
    {
        if (!double.IsFinite(learningRate) || learningRate < 0)
        {
            throw new ArgumentException($"The learning rate is {learningRate}; it must be 0 or more and finite.");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var parameter in parameters)
        {
            var error = names.Add(parameter.Name) ? FindError(parameter, leastDimensions) : "it was given twice";
            error ??= table.FindMismatch(parameter);
            if (error is not null) throw new ArgumentException($"Parameter '{parameter.Name}' cannot be updated: {error}.");
        }
    }

    private static string? FindError(OptimizedParameter parameter, int leastDimensions)
    {
        var (master, gradient) = (parameter.Master, parameter.Gradient);
        if (master.dtype is not (ScalarType.Float32 or ScalarType.Float64))
        {
            return $"its master is {master.dtype}; it must be Float32 or Float64";
        }
        if (!master.is_contiguous()) return "its master is not contiguous";
        if (master.dim() < leastDimensions) return $"it has {master.dim()} dimensions; it must be a matrix or a stack of matrices";
        if (gradient.dtype != master.dtype || !gradient.shape.SequenceEqual(master.shape))
        {
            return $"its gradient is {gradient.dtype} [{string.Join(", ", gradient.shape)}], "
                + $"its master {master.dtype} [{string.Join(", ", master.shape)}]";
        }
        return null;
    }
}
