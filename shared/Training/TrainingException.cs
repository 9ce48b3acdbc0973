namespace Distributed.Training;

/// <summary>The exception for a run that cannot continue. The message states the reason.</summary>
public class TrainingException(string message) : Exception(message);

/// <summary>The exception for a loss, gradient, weight or optimizer state that is not finite.</summary>
public sealed class NotFiniteException : TrainingException
{
    private NotFiniteException(string what, string tensor, int rank, string consequence)
        : base($"{what} is not finite. The first tensor with such a value is \"{tensor}\" on rank {rank}. {consequence} "
            + "Lower learning rates, clipping, or wider precision may help; resume from the last checkpoint.") => Tensor = tensor;

    /// <summary>The first tensor with a value that is not finite.</summary>
    public string Tensor { get; }

    /// <summary>Creates the exception for a step, before its update.</summary>
    /// <param name="step">Steps committed before.</param>
    /// <param name="rank">The rank that holds the tensor.</param>
    /// <param name="tensor">The first tensor, in the order of computation, with a value that is not finite.</param>
    /// <param name="what">The value in which the failure was detected: loss or gradient norm.</param>
    public static NotFiniteException InStep(long step, int rank, string tensor, string what) =>
        new($"Step {step + 1}: the {what}", tensor, rank, "No weight was changed by this step.");

    /// <summary>Creates the exception for weights or optimizer state in a checkpoint or recovery point.</summary>
    /// <param name="step">Steps committed.</param>
    /// <param name="rank">The rank that holds the tensor.</param>
    /// <param name="tensor">The first tensor with such a value: weights in the network's order, then optimizer state.</param>
    /// <param name="where">The kind of saved state: checkpoint or recovery point.</param>
    public static NotFiniteException InState(long step, int rank, string tensor, string where) =>
        new($"The state after step {step}", tensor, rank, $"It was not saved to a {where}; the previous {where} stays valid.");

    /// <summary>Creates the exception for an evaluation.</summary>
    /// <param name="step">Steps committed.</param>
    /// <param name="rank">The rank that holds the tensor.</param>
    /// <param name="tensor">The first tensor, in the order of computation, with a value that is not finite.</param>
    public static NotFiniteException InEvaluation(long step, int rank, string tensor) =>
        new($"The evaluation after step {step}: its loss", tensor, rank, "The evaluation changed no weight.");
}
