namespace Distributed.Training;

/// <summary>A run that cannot go on, for a reason that its message tells in full.</summary>
public class TrainingException(string message) : Exception(message);

/// <summary>A loss or a gradient stopped being finite.</summary>
/// <param name="step">Steps committed before.</param>
/// <param name="rank">The rank that holds the tensor.</param>
/// <param name="tensor">The first tensor, in the order of computation, with a value that is not finite.</param>
/// <param name="what">What was seen first: loss or gradient norm.</param>
public sealed class NotFiniteException(long step, int rank, string tensor, string what) : TrainingException(
    $"Step {step + 1}: the {what} is not finite. The first tensor with such a value is \"{tensor}\" on rank {rank}. "
    + "No weight was changed by this step. Lower learning rates, clipping, or wider precision may help; continue from the last checkpoint.")
{
    /// <summary>Where it was found first.</summary>
    public string Tensor { get; } = tensor;
}
