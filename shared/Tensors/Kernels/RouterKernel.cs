using Distributed.Tensors.Simd;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// DeepSeek-V3's choice of experts (section 2.1.2, eq. 12 to 16), its sequence-wise balance loss (eq. 17 to 20) and the router z-loss
/// (ST-MoE, eq. 5): one pass over the logits in forward, one in backward.
/// <code>B sequences   T tokens of all sequences   E experts   K chosen</code>
/// </summary>
public static unsafe partial class RouterKernel
{
    /// <summary>
    /// Chooses experts. Among experts with equal scores, the kernel chooses the one with the lower index; the plain form's choice and the
    /// order of its experts are not specified.
    /// </summary>
    /// <param name="logits">Logits, [T, E] fp32 or fp64.</param>
    /// <param name="bias">Bias, [E] of the same type; affects only the choice.</param>
    /// <param name="options">Options of the router; its number of experts is E.</param>
    /// <param name="sequences">The sequences of the tokens, for the balance loss.</param>
    /// <param name="given">An earlier choice, [T, K] int64, whose weights are computed again; null to choose.</param>
    /// <param name="kernels">The kernel or the plain form.</param>
    public static RouterChoice Apply(Tensor logits, Tensor bias, RouterOptions options, TokenSequences sequences,
        Tensor? given = null, KernelChoice kernels = KernelChoice.Fused)
    {
        sequences.RequireTokens(logits.size(0));
        if (kernels == KernelChoice.Plain) return Plain(logits, bias, options, sequences, given);
        long T = logits.size(0), E = logits.size(1);
        var chosen = new Chosen(empty([T, E], logits.dtype), given?.contiguous() ?? empty([T, options.ChosenPerToken], ScalarType.Int64),
            given is not null);
        var results = Function.apply(logits, bias, options, sequences, chosen);
        return new RouterChoice(chosen.Scores, chosen.Experts, results[0], results[1], results[2]);
    }

    // Results without a gradient. They are not outputs of the function, since each output costs a tensor in backward.
    private sealed record Chosen(Tensor Scores, Tensor Experts, bool IsGiven);

    private sealed class Function : KernelFunction<Function>
    {
        private const string Options = "options", Sequences = "sequences";

        public override string Name => nameof(RouterKernel);

        protected override List<Tensor> Forward(autograd.AutogradContext context, object[] arguments)
        {
            var (logits, bias, options, sequences) = (((Tensor)arguments[0]).contiguous(), (Tensor)arguments[1],
                (RouterOptions)arguments[2], (TokenSequences)arguments[3]);
            var (scores, experts, isGiven) = (Chosen)arguments[4];
            long T = logits.size(0), E = logits.size(1);
            var weights = empty([T, options.ChosenPerToken], logits.dtype);
            using var begins = sequences.Begins(T);
            using var losses = zeros([Math.Max(1, sequences.Count), 2], ScalarType.Float64);
            RowKernels.Run(
                new ForwardSequences
                {
                    Logits = TensorMemory.Pointer(logits), Bias = TensorMemory.Pointer(bias), Scores = TensorMemory.Pointer(scores),
                    Experts = TensorMemory.Pointer(experts),
                    Weights = TensorMemory.Pointer(weights), Losses = TensorMemory.Pointer(losses),
                    Begins = TensorMemory.Pointer(begins), E = (int)E, Options = options, IsGiven = isGiven,
                },
                logits.dtype, sequences.Count, sequences.Count == 0 ? 0 : T / sequences.Count * E * 8);
            using var sums = losses.sum([0L]);
            context.save_for_backward([logits, scores, experts]);
            context.save_data(Options, options);
            context.save_data(Sequences, sequences);
            context.set_materialize_grads(false);
            return [weights, sums[0].to(logits.dtype), sums[1].to(logits.dtype)];
        }

        protected override Tensor?[] Backward(autograd.AutogradContext context, List<Tensor> gradients)
        {
            var saved = context.get_saved_variables();
            var (options, sequences) = ((RouterOptions)context.get_data(Options), (TokenSequences)context.get_data(Sequences));
            var (logits, scores, experts) = (saved[0], saved[1], saved[2]);
            var ofWeights = BackwardGuard.OrZeros(gradients[0], experts.shape, logits.dtype);
            long T = logits.size(0), E = logits.size(1);
            using var begins = sequences.Begins(T);
            var ofLogits = empty_like(logits);
            RowKernels.Run(
                new BackwardSequences
                {
                    Logits = TensorMemory.Pointer(logits), Scores = TensorMemory.Pointer(scores), Experts = TensorMemory.Pointer(experts),
                    WeightsGradient = TensorMemory.Pointer(ofWeights),
                    BalanceGradient = Factor(gradients[1]), ZGradient = Factor(gradients[2]),
                    LogitsGradient = TensorMemory.Pointer(ofLogits),
                    Begins = TensorMemory.Pointer(begins), E = (int)E, Options = options,
                },
                logits.dtype, sequences.Count, sequences.Count == 0 ? 0 : T / sequences.Count * E * 8);
            return [ofLogits];
        }
    }

    private static double Factor(Tensor gradient) => BackwardGuard.IsGiven(gradient) ? gradient.ToDouble() : 0;
}
