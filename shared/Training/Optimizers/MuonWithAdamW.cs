using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Training.Optimizers;

/// <summary>Settings of <see cref="MuonWithAdamW"/>.</summary>
public sealed record MuonWithAdamWOptions
{
    /// <summary>Muon settings, for the matrices.</summary>
    public MuonOptions Muon { get; init; } = new();

    /// <summary>AdamW settings, for all other parameters.</summary>
    public AdamWOptions AdamW { get; init; } = new();

    /// <summary>
    /// Learning rate of the matrices as a multiple of the scheduled rate, above 0. An orthogonal update is small per element, so Muon's
    /// rate is usually larger: its author uses 0.02 with 3e-4 for AdamW. Default: 1.
    /// </summary>
    public double MuonRateRatio { get; init; } = 1;

    /// <summary>Returns an error message for each setting out of range; empty if all settings are valid.</summary>
    public IEnumerable<string> Validate()
    {
        foreach (var error in Muon.Validate()) yield return $"Muon: {error}";
        foreach (var error in AdamW.Validate()) yield return $"AdamW: {error}";
        foreach (var error in SettingChecks.Positive(nameof(MuonRateRatio), MuonRateRatio)) yield return error;
    }
}

/// <summary>Updates the hidden matrices of the network with Muon and all other parameters with AdamW.</summary>
public sealed class MuonWithAdamW : IOptimizer
{
    private readonly MuonWithAdamWOptions _options;
    private readonly Func<OptimizedParameter, bool> _isMatrix;
    private readonly Muon _muon;
    private readonly AdamW _adamW;

    /// <summary>Creates an optimizer without state.</summary>
    /// <param name="options">The settings; null for the defaults.</param>
    /// <param name="isMatrix">Selects the parameters that Muon updates; null for <see cref="IsHiddenMatrix"/>.</param>
    /// <param name="kernels">Selects the fused kernels or the plain operations for AdamW.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public MuonWithAdamW(MuonWithAdamWOptions? options = null, Func<OptimizedParameter, bool>? isMatrix = null,
        KernelChoice kernels = KernelChoice.Fused)
    {
        _options = options ?? new MuonWithAdamWOptions();
        SettingChecks.Throw(_options.Validate());
        _isMatrix = isMatrix ?? IsHiddenMatrix;
        (_muon, _adamW) = (new Muon(_options.Muon), new AdamW(_options.AdamW, kernels));
    }

    /// <summary>
    /// Whether a parameter has two or more dimensions and is neither an embedding nor an output head. Muon's author advises excluding
    /// both.
    /// </summary>
    public static bool IsHiddenMatrix(OptimizedParameter parameter) =>
        parameter.Master.dim() >= 2
        && !parameter.Name.EndsWith("embed_tokens.weight", StringComparison.Ordinal)
        && !parameter.Name.EndsWith("head.weight", StringComparison.Ordinal);

    /// <inheritdoc/>
    public void Step(IReadOnlyList<OptimizedParameter> parameters, double learningRate, double gradientFactor = 1)
    {
        var groups = parameters.ToLookup(_isMatrix);
        OptimizedParameter[] matrices = [.. groups[true]], others = [.. groups[false]];
        _adamW.Check(others, learningRate); // before Muon's step, so that nothing changes if either check fails
        _muon.Step(matrices, learningRate * _options.MuonRateRatio, gradientFactor);
        _adamW.Step(others, learningRate, gradientFactor);
    }

    /// <inheritdoc/>
    public IEnumerable<OptimizerState> State() =>
        _muon.State().Concat(_adamW.State()).OrderBy(s => s.Parameter, StringComparer.Ordinal);

    /// <inheritdoc/>
    public void LoadState(string parameter, string state, Tensor value)
    {
        if (_muon.Keeps(state)) _muon.LoadState(parameter, state, value);
        else _adamW.LoadState(parameter, state, value);
    }

    /// <inheritdoc/>
    public void Forget(string parameter)
    {
        _muon.Forget(parameter);
        _adamW.Forget(parameter);
    }

    /// <summary>Frees the state.</summary>
    public void Dispose()
    {
        _muon.Dispose();
        _adamW.Dispose();
    }
}
