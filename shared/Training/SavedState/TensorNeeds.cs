using Distributed.Checkpoints;

namespace Distributed.Training.SavedState;

/// <summary>The tensors that a rank needs to resume.</summary>
/// <param name="Weights">Names of weights and router biases.</param>
/// <param name="Optimized">Names of the weights whose optimizer state the rank keeps.</param>
public sealed record TensorNeeds(IReadOnlyList<string> Weights, IReadOnlyList<string> Optimized)
{
    /// <summary>
    /// Returns a predicate that selects the needed tensors. The name of an optimizer state is the name of its weight, a dot and the name of
    /// the state.
    /// </summary>
    public Func<TensorKind, string, bool> Matcher()
    {
        var (weights, optimized) = (Weights.ToHashSet(), Optimized.ToHashSet());
        return (kind, name) => kind == TensorKind.Weights
            ? weights.Contains(name) : optimized.Contains(name[..name.LastIndexOf('.')]);
    }
}
