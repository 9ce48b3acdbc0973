using static TorchSharp.torch;

namespace Distributed.Models.Moe;

/// <summary>The result of routing: the experts chosen for each token, their weights, and the auxiliary losses.</summary>
/// <param name="Logits">Router logits, [T, E] in the wide type.</param>
/// <param name="Scores">Affinity of token and expert without the bias, [T, E].</param>
/// <param name="Experts">The chosen experts, [T, K] int64, in no particular order.</param>
/// <param name="Weights">The chosen experts' weights, [T, K], in the order of <paramref name="Experts"/>.</param>
/// <param name="BalanceLoss">Sequence-wise balance loss summed over the sequences, without its factor (DeepSeek-V3 eq. 17).</param>
/// <param name="ZLoss">Router z-loss summed over the tokens, without its factor (ST-MoE eq. 5).</param>
public sealed record Routing(Tensor Logits, Tensor Scores, Tensor Experts, Tensor Weights, Tensor BalanceLoss, Tensor ZLoss);
