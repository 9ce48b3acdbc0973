using static TorchSharp.torch;

namespace Distributed.Tensors.Scripting;

/// <summary>
/// Operators of libtorch that TorchSharp does not expose, called through TorchScript. All except the optimizer step are differentiable.
/// All are thread-safe and cost 5 to 8 µs more than the operator itself.
/// <para>
/// A script is compiled once per process, at its first use, and kept, since disposing a compilation unit frees no memory. A script that
/// does not compile ends the process, so every script is in this folder and has a test.
/// </para>
/// </summary>
public static class ScriptedOperators
{
    private static readonly Script RmsNormScript = new("rms_norm", """
        def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
            return torch.rms_norm(x, weight.size(), weight, eps)
        """);

    private static readonly Script AttentionScript = new("attention", """
        def attention(q: Tensor, k: Tensor, v: Tensor, scale: float, causal: bool) -> Tensor:
            return torch.scaled_dot_product_attention(q, k, v, None, 0.0, causal, scale=scale)
        """);

    private static readonly Script MaskedAttentionScript = new("masked_attention", """
        def masked_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor, scale: float) -> Tensor:
            return torch.scaled_dot_product_attention(q, k, v, mask, 0.0, False, scale=scale)
        """);

    private static readonly Script FusedAdamWScript = new("fused_adamw", """
        def fused_adamw(parameters: List[Tensor], gradients: List[Tensor], exp_avgs: List[Tensor],
                        exp_avg_sqs: List[Tensor], steps: List[Tensor], lr: float, beta1: float, beta2: float,
                        weight_decay: float, eps: float) -> None:
            unused: List[Tensor] = []
            torch._fused_adamw_(parameters, gradients, exp_avgs, exp_avg_sqs, unused, steps, lr=lr, beta1=beta1,
                                beta2=beta2, weight_decay=weight_decay, eps=eps, amsgrad=False, maximize=False)
        """);

    /// <summary>
    /// Computes y = x / sqrt(mean(x², last dimension) + eps) * weight (Zhang and Sennrich, Root Mean Square Layer Normalization, eq. (4)).
    /// </summary>
    /// <param name="x">Input, [..., D].</param>
    /// <param name="weight">Weight, [D], of x's type.</param>
    /// <param name="eps">Epsilon that is added to the mean square, above 0.</param>
    /// <returns>The norm, [..., D].</returns>
    public static Tensor RmsNorm(Tensor x, Tensor weight, double eps) =>
        RmsNormScript.Invoke<Tensor>(x, weight, eps);

    /// <summary>Computes softmax(q kᵀ * scale) v, without the matrix of scores in memory if a kernel supports it.</summary>
    /// <param name="query">Queries, [B, H, T, Dk].</param>
    /// <param name="key">Keys, [B, H, S, Dk].</param>
    /// <param name="value">Values, [B, H, S, Dv]; Dv may differ from Dk.</param>
    /// <param name="scale">Factor on the scores, for example 1/sqrt(Dk).</param>
    /// <param name="causal">Whether query t attends only to the keys 0 to t; T must then equal S.</param>
    /// <returns>The attention output, [B, H, T, Dv].</returns>
    /// <exception cref="ArgumentException">Attention is causal and T differs from S.</exception>
    public static Tensor ScaledDotProductAttention(Tensor query, Tensor key, Tensor value, double scale, bool causal)
    {
        if (causal && query.size(-2) != key.size(-2))
        {
            throw new ArgumentException(
                $"Causal attention needs equal numbers of queries and keys, not {query.size(-2)} and {key.size(-2)}. "
                + "Pass a mask instead.");
        }
        return AttentionScript.Invoke<Tensor>(query, key, value, scale, causal);
    }

    /// <summary>Computes softmax(q kᵀ * scale) v over the keys that the mask allows.</summary>
    /// <param name="query">Queries, [B, H, T, Dk].</param>
    /// <param name="key">Keys, [B, H, S, Dk].</param>
    /// <param name="value">Values, [B, H, S, Dv]; Dv may differ from Dk.</param>
    /// <param name="scale">Factor on the scores, for example 1/sqrt(Dk).</param>
    /// <param name="mask">
    /// Bool, broadcast to [B, H, T, S]; true where a query attends to a key. Each query must attend to at least one key.
    /// </param>
    /// <returns>The attention output, [B, H, T, Dv].</returns>
    /// <exception cref="ArgumentException">The mask is not of type Bool.</exception>
    public static Tensor ScaledDotProductAttention(Tensor query, Tensor key, Tensor value, double scale, Tensor mask)
    {
        if (mask.dtype != ScalarType.Bool)
        {
            throw new ArgumentException($"The attention mask is {mask.dtype}; it must be Bool, true where a query attends to a key.");
        }
        return MaskedAttentionScript.Invoke<Tensor>(query, key, value, mask, scale);
    }

    /// <summary>
    /// Performs one AdamW step on many tensors in place (Loshchilov and Hutter, Decoupled Weight Decay Regularization, algorithm 2):
    /// p ← p (1 - lr * weightDecay), then Adam with bias correction and eps outside the square root. Updates parameters, moments and step
    /// counts; gradients are unchanged.
    /// </summary>
    /// <param name="parameters">Parameters of any shapes, all of one type, contiguous.</param>
    /// <param name="gradients">Gradients, of the parameters' shapes and type.</param>
    /// <param name="expAvgs">First moments, of the parameters' shapes and type.</param>
    /// <param name="expAvgSqs">Second moments, of the parameters' shapes and type.</param>
    /// <param name="steps">Number of previous steps of each parameter, a float32 scalar; incremented first.</param>
    /// <param name="lr">The learning rate.</param>
    /// <param name="beta1">Decay of the first moment, in [0, 1).</param>
    /// <param name="beta2">Decay of the second moment, in [0, 1).</param>
    /// <param name="weightDecay">Decoupled weight decay, at least 0.</param>
    /// <param name="eps">Epsilon that is added to the square root of the second moment, above 0.</param>
    public static void FusedAdamW(
        IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> gradients, IReadOnlyList<Tensor> expAvgs,
        IReadOnlyList<Tensor> expAvgSqs, IReadOnlyList<Tensor> steps,
        double lr, double beta1, double beta2, double weightDecay, double eps)
    {
        if (parameters.Count == 0) return;
        foreach (var step in steps) step.add_(1);
        FusedAdamWScript.Invoke(
            parameters.ToArray(), gradients.ToArray(), expAvgs.ToArray(), expAvgSqs.ToArray(), steps.ToArray(),
            lr, beta1, beta2, weightDecay, eps);
    }
}
