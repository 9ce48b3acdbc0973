using Distributed.Models.Parameters;
using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Models.Moe;

/// <summary>
/// The router of DeepSeek-V3 (section 2.1.2, eq. 12 to 16): sigmoid affinities, a bias that affects only the choice of experts, and
/// a choice limited to a few groups of experts (device-limited routing, DeepSeek-V2 section 2.2.2, in the form of DeepSeek-V3: a
/// group's score is the sum of its two best experts). Computes at least in fp32.
/// <code>T tokens   D width   E experts   K chosen   G groups</code>
/// </summary>
public sealed class SigmoidRouter
{
    private readonly Parameter _weight; // e_i of eq. (15), [E, D]
    private readonly RouterOptions _options;
    private readonly KernelChoice _kernels;

    /// <summary>Declares <c>{name}.weight</c> [E, D] and the buffer <c>{name}.e_score_correction_bias</c> [E].</summary>
    public SigmoidRouter(ParameterSet parameters, string name, long width, RouterOptions options)
    {
        (_options, _kernels) = (options, parameters.Kernels);
        _weight = parameters.Declare($"{name}.weight", [options.Experts, width], isWide: true);
        BiasName = $"{name}.e_score_correction_bias";
        Bias = parameters.DeclareBuffer(BiasName, options.Experts);
    }

    /// <summary>The bias b of eq. (16), [E]. It has no gradient; each training step adjusts it against the experts' load.</summary>
    public Tensor Bias { get; }

    /// <summary>Hugging Face name of the bias.</summary>
    public string BiasName { get; }

    /// <summary>Chooses K experts for each token.</summary>
    /// <param name="x">Tokens of all sequences, [T, D].</param>
    /// <param name="sequences">The sequences of the tokens, for the balance loss.</param>
    /// <param name="chosen">An earlier choice [T, K] whose weights are computed again; null to choose.</param>
    public Routing Route(Tensor x, TokenSequences sequences, Tensor? chosen = null)
    {
        var wide = x.to(_weight.Value.dtype);
        var logits = LinearKernel.Apply(wide, _weight.Value, _weight.GradientAccumulator, kernels: _kernels); // [T, E]
        return Choose(logits, Bias, _options, sequences, _kernels, chosen);
    }

    /// <summary>Chooses experts for given logits [T, E] and bias [E].</summary>
    public static Routing Choose(
        Tensor logits, Tensor bias, RouterOptions options, TokenSequences sequences, KernelChoice kernels = KernelChoice.Fused,
        Tensor? chosen = null)
    {
        var choice = RouterKernel.Apply(logits, bias, options, sequences, chosen, kernels);
        return new Routing(logits, choice.Scores, choice.Experts, choice.Weights, choice.BalanceLoss, choice.ZLoss);
    }
}
