using static TorchSharp.torch;

namespace Distributed.Training.Optimizers;

/// <summary>A parameter with its gradient, as input of an optimizer.</summary>
/// <param name="Name">Global name of the parameter; the key of its state.</param>
/// <param name="Master">The values that are updated in place: float32 or float64, contiguous.</param>
/// <param name="Gradient">The gradient, of the master's shape and type; not changed.</param>
/// <param name="Decay">Whether weight decay applies; usually to tensors of two or more dimensions.</param>
/// <param name="Copy">
/// The narrower copy that the network computes with, of the master's shape; written after the master. Null if the network computes with the
/// master.
/// </param>
public sealed record OptimizedParameter(string Name, Tensor Master, Tensor Gradient, bool Decay, Tensor? Copy = null);

/// <summary>One tensor of an optimizer's state.</summary>
/// <param name="Parameter">Name of the parameter.</param>
/// <param name="State">Name of the state, for example <c>exp_avg</c>.</param>
/// <param name="Value">The optimizer's own tensor, not a copy; valid until its next step.</param>
public sealed record OptimizerState(string Parameter, string State, Tensor Value);

/// <summary>
/// Updates parameters from their gradients. State is stored by parameter name, so it can be saved, loaded, and moved to another rank with
/// its expert.
/// <para>Effects</para>
/// <list type="number">
/// <item><see cref="Step"/> updates the given parameters in place. The state of a new parameter starts at zero. The state of a parameter
/// that is not given does not change.</item>
/// <item>The result for a parameter depends only on the parameter, its gradient, its state and the rate.</item>
/// <item><see cref="State"/> followed by <see cref="LoadState"/> into a new optimizer with the same settings
/// continues bit for bit.</item>
/// <item><see cref="Forget"/> drops a parameter's state, for example when the parameter moves to another rank.</item>
/// </list>
/// <para>Refusals</para>
/// <list type="number">
/// <item><see cref="ArgumentException"/> from a step, before anything changes: types or shapes that differ
/// between master, gradient and state, a type other than float32 and float64, a master that is not contiguous,
/// a name given twice, loaded state that is incomplete, or a rate that is negative or not finite.</item>
/// <item><see cref="ArgumentException"/> from a load: a state that this optimizer does not keep.</item>
/// </list>
/// An optimizer is not thread-safe. Its tensors belong to no dispose scope.
/// </summary>
public interface IOptimizer : IDisposable
{
    /// <summary>Updates each parameter once.</summary>
    /// <param name="parameters">The parameters, each name once, in any order.</param>
    /// <param name="learningRate">Learning rate, 0 or more.</param>
    /// <param name="gradientFactor">Factor applied to the gradients, for clipping.</param>
    void Step(IReadOnlyList<OptimizedParameter> parameters, double learningRate, double gradientFactor = 1);

    /// <summary>Returns all state, ordered by parameter name and state name.</summary>
    IEnumerable<OptimizerState> State();

    /// <summary>Replaces a state tensor by a saved one; the optimizer takes ownership of its memory.</summary>
    void LoadState(string parameter, string state, Tensor value);

    /// <summary>Drops the state of a parameter, if it has any.</summary>
    void Forget(string parameter);
}
