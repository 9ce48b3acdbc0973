namespace Distributed.Training;

/// <summary>A run that cannot go on, for a reason that its message tells in full.</summary>
public class TrainingException(string message) : Exception(message);

/// <summary>A loss, a gradient, a weight or a moment stopped being finite.</summary>
public sealed class NotFiniteException : TrainingException
{
    private NotFiniteException(string what, string tensor, int rank, string consequence)
        : base($"{what} is not finite. The first tensor with such a value is \"{tensor}\" on rank {rank}. {consequence} "
            + "Lower learning rates, clipping, or wider precision may help; continue from the last checkpoint.") => Tensor = tensor;

    /// <summary>Where it was found first.</summary>
    public string Tensor { get; }

    /// <summary>Found in a step, before its update.</summary>
    /// <param name="step">Steps committed before.</param>
    /// <param name="rank">The rank that holds the tensor.</param>
    /// <param name="tensor">The first tensor, in the order of computation, with a value that is not finite.</param>
    /// <param name="what">What was seen first: loss or gradient norm.</param>
    public static NotFiniteException InStep(long step, int rank, string tensor, string what) =>
        new($"Step {step + 1}: the {what}", tensor, rank, "No weight was changed by this step.");

    /// <summary>Found in weights or optimizer state that were to be kept.</summary>
    /// <param name="step">Steps committed.</param>
    /// <param name="rank">The rank that holds the tensor.</param>
    /// <param name="tensor">The first tensor with such a value: weights in the network's order, then optimizer state.</param>
    /// <param name="where">What was to keep it: checkpoint or recovery point.</param>
    public static NotFiniteException InState(long step, int rank, string tensor, string where) =>
        new($"The state after step {step}", tensor, rank, $"It was not kept in a {where}; the last one before it stays.");

    /// <summary>Found when the held-out text was scored.</summary>
    /// <param name="step">Steps committed.</param>
    /// <param name="rank">The rank that holds the tensor.</param>
    /// <param name="tensor">The first tensor, in the order of computation, with a value that is not finite.</param>
    public static NotFiniteException InEvaluation(long step, int rank, string tensor) =>
        new($"The evaluation after step {step}: its loss", tensor, rank, "The weights are as they were.");
}
