using static TorchSharp.torch;

namespace Distributed.Training.Optimizers;

/// <summary>
/// Muon (Jordan et al., 2024): orthogonalised momentum. Parameters are matrices [N, M] or stacks of matrices [..., N, M]; each matrix of a
/// stack is updated independently.
/// <para>
/// buf ← lerp(buf, g, 1 - momentum); u = lerp(g, buf, momentum), or buf without Nesterov;
/// p ← p (1 - lr * decay) - lr * sqrt(max(1, N / M)) * NewtonSchulz(u).
/// </para>
/// <para>State: <c>momentum_buffer</c> of the parameter's shape and type.</para>
/// </summary>
public sealed class Muon : TableOptimizer
{
    private const string MomentumBuffer = "momentum_buffer";
    private readonly MuonOptions _options;

    /// <summary>Creates an optimizer without state.</summary>
    /// <param name="options">The settings; null for the defaults.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public Muon(MuonOptions? options = null) : this(options ?? new MuonOptions(), new StateTable([MomentumBuffer], scalar: null))
    {
    }

    private Muon(MuonOptions options, StateTable table) : base(table, leastDimensions: 2, options.Validate()) => _options = options;

    private protected override void Update(IReadOnlyList<OptimizedParameter> parameters, double learningRate, double gradientFactor)
    {
        foreach (var parameter in parameters)
        {
            using var scope = NewDisposeScope();
            Table.Ensure(parameter);
            var (master, gradient) = (parameter.Master, gradientFactor == 1 ? parameter.Gradient : parameter.Gradient * gradientFactor);
            var momentum = Table[parameter.Name, MomentumBuffer];
            momentum.lerp_(gradient, 1 - _options.Momentum);
            var update = _options.Nesterov ? gradient.lerp(momentum, _options.Momentum) : momentum;

            var type = master.dtype == ScalarType.Float64 ? ScalarType.Float64 : _options.NewtonSchulzType;
            update = NewtonSchulz.Orthogonalize(update.to(type), _options.NewtonSchulzSteps).to(master.dtype);
            if (parameter.Decay) master.mul_(1 - learningRate * _options.WeightDecay);
            master.add_(update, alpha: -learningRate * Scale(master));
            parameter.Copy?.copy_(master);
        }
    }

    // A tall matrix has M directions for N outputs; the factor gives its rows the size of a square matrix's rows.
    private static double Scale(Tensor matrix) =>
        Math.Sqrt(Math.Max(1, (double)matrix.size(-2) / matrix.size(-1)));
}
