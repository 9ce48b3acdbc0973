using Distributed.Checkpoints;

namespace Distributed.Training.Recovery;

/// <summary>What a rank must have to go on.</summary>
/// <param name="Weights">Names of weights and router biases.</param>
/// <param name="Optimized">Names of weights whose optimizer state it keeps.</param>
public sealed record TensorNeeds(IReadOnlyList<string> Weights, IReadOnlyList<string> Optimized)
{
    /// <summary>Whether a saved tensor is among them; an optimizer state is called by its weight, a dot and its own name.</summary>
    public static Func<RecoveryEntry, bool> Matcher(TensorNeeds needs)
    {
        var (weights, optimized) = (needs.Weights.ToHashSet(), needs.Optimized.ToHashSet());
        return entry => entry.Kind == TensorKind.Weights ? weights.Contains(entry.Name) : optimized.Contains(entry.Name[..entry.Name.LastIndexOf('.')]);
    }
}
