using Distributed.Tensors.Kernels;
using Distributed.Tensors.Scripting;
using static TorchSharp.torch;

namespace Distributed.Training.Optimizers;

/// <summary>
/// AdamW (Loshchilov and Hutter, Decoupled Weight Decay Regularization, algorithm 2). Decay is applied first, the moments are
/// bias-corrected, and eps is added outside the square root.
/// <para>State: <c>exp_avg</c> and <c>exp_avg_sq</c> of the parameter's shape and type, and <c>step</c>, a float32
/// scalar that counts the parameter's own steps.</para>
/// </summary>
public sealed class AdamW : TableOptimizer
{
    private const string ExpAvg = "exp_avg", ExpAvgSq = "exp_avg_sq", StepCount = "step";
    private readonly AdamWOptions _options;
    private readonly KernelChoice _kernels;

    /// <summary>Creates an optimizer without state.</summary>
    /// <param name="options">The settings; null for the defaults.</param>
    /// <param name="kernels">Selects the fused kernels or the plain operations.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public AdamW(AdamWOptions? options = null, KernelChoice kernels = KernelChoice.Fused)
        : this(options ?? new AdamWOptions(), kernels, new StateTable([ExpAvg, ExpAvgSq, StepCount], scalar: StepCount))
    {
    }

    private AdamW(AdamWOptions options, KernelChoice kernels, StateTable table)
        : base(table, leastDimensions: 0, options.Validate()) => (_options, _kernels) = (options, kernels);

    private protected override void Update(IReadOnlyList<OptimizedParameter> parameters, double learningRate, double gradientFactor)
    {
        using var scope = NewDisposeScope();
        foreach (var parameter in parameters) Table.Ensure(parameter);
        if (_kernels == KernelChoice.Plain)
        {
            Plain(parameters, learningRate, gradientFactor);
            return;
        }

        foreach (var parameter in parameters)
        {
            var count = Table[parameter.Name, StepCount];
            count.add_(1);
            var numbers = new AdamWStepOptions(
                learningRate, _options.Beta1, _options.Beta2, _options.Eps, parameter.Decay ? _options.WeightDecay : 0,
                count.item<float>(), gradientFactor);
            AdamWKernel.Step(parameter.Master, parameter.Gradient.contiguous(), Table[parameter.Name, ExpAvg],
                Table[parameter.Name, ExpAvgSq], parameter.Copy, numbers);
        }
    }

    private void Plain(IReadOnlyList<OptimizedParameter> parameters, double learningRate, double gradientFactor)
    {
        foreach (var group in parameters.GroupBy(p => (p.Decay, p.Master.dtype)))
        {
            var members = group.ToArray();
            ScriptedOperators.FusedAdamW(
                [.. members.Select(p => p.Master)], [.. members.Select(p => (p.Gradient * gradientFactor).contiguous())],
                States(members, ExpAvg), States(members, ExpAvgSq), States(members, StepCount),
                learningRate, _options.Beta1, _options.Beta2, group.Key.Decay ? _options.WeightDecay : 0, _options.Eps);
            foreach (var member in members) member.Copy?.copy_(member.Master);
        }
    }

    private Tensor[] States(OptimizedParameter[] parameters, string state) =>
        [.. parameters.Select(p => Table[p.Name, state])];
}
