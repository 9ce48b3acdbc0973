using Distributed.Parallel.Segments;

namespace Distributed.Parallel.Forward;

/// <summary>What one micro-batch of this rank gave. Everything is a sum over this rank's tokens or sequences; the caller divides by global counts.</summary>
/// <param name="CrossEntropy">Summed cross-entropy in nats, trunk first and then by MTP depth.</param>
/// <param name="BalanceLosses">Sequence-wise balance loss summed over sequences, for each layer with experts.</param>
/// <param name="ZLosses">Router z-loss summed over tokens, for each layer with experts.</param>
/// <param name="Loads">By layer index, tokens of this rank that chose each expert.</param>
public sealed record ForwardResult(
    IReadOnlyList<Boundary> CrossEntropy, IReadOnlyList<Boundary> BalanceLosses, IReadOnlyList<(Boundary Sum, long Tokens)> ZLosses, IReadOnlyDictionary<int, long[]> Loads);
