using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>What a router makes of its logits.</summary>
/// <param name="Scores">Affinities, [T, E], without a graph.</param>
/// <param name="Experts">[T, K] int64, by falling score with its bias.</param>
/// <param name="Weights">[T, K], differentiable.</param>
/// <param name="BalanceLoss">Sequence-wise balance loss summed over sequences, a scalar, differentiable.</param>
/// <param name="ZLoss">Router z-loss summed over tokens, a scalar, differentiable.</param>
public readonly record struct RouterChoice(Tensor Scores, Tensor Experts, Tensor Weights, Tensor BalanceLoss, Tensor ZLoss);
