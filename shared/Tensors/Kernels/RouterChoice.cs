using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>The result of <see cref="RouterKernel"/>.</summary>
/// <param name="Scores">Affinities, [T, E]; without a graph unless the plain form computed them.</param>
/// <param name="Experts">Chosen experts, [T, K] int64; the kernel's are in descending order of score plus bias.</param>
/// <param name="Weights">Weights of the chosen experts, [T, K], differentiable.</param>
/// <param name="BalanceLoss">Sequence-wise balance loss summed over sequences, a scalar, differentiable.</param>
/// <param name="ZLoss">Router z-loss summed over tokens, a scalar, differentiable.</param>
public readonly record struct RouterChoice(Tensor Scores, Tensor Experts, Tensor Weights, Tensor BalanceLoss, Tensor ZLoss);
