using Distributed.Parallel.Segments;

namespace Distributed.Parallel.Forward;

/// <summary>
/// Losses and loads of one micro-batch on one rank. Losses are sums over the rank's tokens or sequences; the caller divides them by
/// global counts.
/// </summary>
/// <param name="CrossEntropy">
/// Summed loss: of the trunk, by default the cross-entropy in nats, then the cross-entropy of the MTP modules by depth.
/// </param>
/// <param name="BalanceLosses">Sequence-wise balance loss summed over sequences, for each layer with experts.</param>
/// <param name="ZLosses">Router z-loss summed over tokens, and the number of tokens, for each layer with experts.</param>
/// <param name="Loads">Number of this rank's tokens that chose each expert, by layer index.</param>
public sealed record ForwardResult(
    IReadOnlyList<Boundary> CrossEntropy, IReadOnlyList<Boundary> BalanceLosses, IReadOnlyList<(Boundary Sum, long Tokens)> ZLosses,
    IReadOnlyDictionary<int, long[]> Loads);
