using static TorchSharp.torch;

namespace Distributed.Training.Optimizers;

/// <summary>An optimizer that keeps all its state in one table.</summary>
public abstract class TableOptimizer : IOptimizer
{
    private readonly int _leastDimensions;

    /// <summary>Creates an optimizer without state.</summary>
    /// <param name="table">The empty table.</param>
    /// <param name="leastDimensions">Minimum number of dimensions of a parameter.</param>
    /// <param name="errors">The errors of all settings.</param>
    /// <exception cref="ArgumentException">There are errors.</exception>
    private protected TableOptimizer(StateTable table, int leastDimensions, IEnumerable<string> errors)
    {
        SettingChecks.Throw(errors);
        (Table, _leastDimensions) = (table, leastDimensions);
    }

    /// <summary>The state tensors of all parameters.</summary>
    private protected StateTable Table { get; }

    /// <inheritdoc/>
    public void Step(IReadOnlyList<OptimizedParameter> parameters, double learningRate, double gradientFactor = 1)
    {
        Check(parameters, learningRate);
        using var noGrad = no_grad();
        Update(parameters, learningRate, gradientFactor);
    }

    /// <inheritdoc/>
    public IEnumerable<OptimizerState> State() => Table.All();

    /// <inheritdoc/>
    public void LoadState(string parameter, string state, Tensor value) => Table.Load(parameter, state, value);

    /// <inheritdoc/>
    public void Forget(string parameter) => Table.Forget(parameter);

    /// <summary>Frees the state.</summary>
    public void Dispose() => Table.Dispose();

    internal bool Keeps(string state) => Table.Keeps(state);

    /// <summary>Checks the arguments of a step.</summary>
    internal void Check(IReadOnlyList<OptimizedParameter> parameters, double learningRate) =>
        StepArguments.Check(parameters, learningRate, Table, _leastDimensions);

    /// <summary>Updates checked parameters, without a graph.</summary>
    private protected abstract void Update(IReadOnlyList<OptimizedParameter> parameters, double learningRate, double gradientFactor);
}
