using static TorchSharp.torch;

namespace Distributed.Training.Optimizers;

/// <summary>A parameter as an optimizer sees it.</summary>
/// <param name="Name">Its global name; the key of its state.</param>
/// <param name="Master">The values that are updated in place: float32 or float64, contiguous.</param>
/// <param name="Gradient">Of the master's shape and type; read, not changed.</param>
/// <param name="Decay">Whether weight decay applies; usually to tensors of two or more dimensions.</param>
/// <param name="Copy">What the network computes with, of the master's shape, where that is a narrower copy: written after the master.</param>
public sealed record OptimizedParameter(string Name, Tensor Master, Tensor Gradient, bool Decay, Tensor? Copy = null);

/// <summary>One tensor of an optimizer's state.</summary>
/// <param name="Parameter">The name of the parameter that it belongs to.</param>
/// <param name="State">For example <c>exp_avg</c>.</param>
/// <param name="Value">The optimizer's own tensor, not a copy; valid until its next step.</param>
public sealed record OptimizerState(string Parameter, string State, Tensor Value);

/// <summary>
/// Updates parameters from their gradients. State is kept by parameter name, so that it can be saved, moved
/// with an expert to another rank, and loaded, whatever else this rank then owns.
/// <para>Effects</para>
/// <list type="number">
/// <item><see cref="Step"/> updates the given parameters in place. One that was never seen starts with zero
/// state; one that is left out keeps its state as it is.</item>
/// <item>A step's result for a parameter depends on that parameter, its gradient, its state and the rate only.</item>
/// <item><see cref="State"/> followed by <see cref="LoadState"/> into a new optimizer of the same settings
/// continues bit for bit.</item>
/// <item><see cref="Forget"/> drops a parameter's state, as when it moves to another rank.</item>
/// </list>
/// <para>Refusals</para>
/// <list type="number">
/// <item><see cref="ArgumentException"/> from a step, before anything is changed: types or shapes that differ
/// between master, gradient and state, a type other than float32 and float64, a master that is not contiguous,
/// a name given twice, loaded state that is incomplete, or a rate that is negative or not finite.</item>
/// <item><see cref="ArgumentException"/> from a load: a state that this optimizer does not keep.</item>
/// </list>
/// One thread at a time uses an optimizer. Its tensors belong to no dispose scope.
/// </summary>
public interface IOptimizer : IDisposable
{
    /// <summary>One update of each parameter.</summary>
    /// <param name="parameters">Each name once; in any order.</param>
    /// <param name="learningRate">0 or more.</param>
    /// <param name="gradientFactor">Gradients count this many times (clipping).</param>
    void Step(IReadOnlyList<OptimizedParameter> parameters, double learningRate, double gradientFactor = 1);

    /// <summary>All state, ordered by parameter and state name.</summary>
    IEnumerable<OptimizerState> State();

    /// <summary>Takes a saved state tensor in place of what there is; its memory is the optimizer's from now on.</summary>
    void LoadState(string parameter, string state, Tensor value);

    /// <summary>Drops the state of a parameter; nothing happens where there is none.</summary>
    void Forget(string parameter);
}
