using Distributed.Models.Parameters;
using Distributed.Parallel.Segments;
using Distributed.Tensors.MatrixProducts;
using Distributed.Training.Sharding;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Steps;

/// <summary>
/// Sums of gradients over micro-batches, in fp32 at least; kernels add to them directly. Those of the parameters that the same ranks hold
/// lie in one stretch of memory, so that one collective sums them over these ranks.
/// </summary>
public sealed class GradientBuffers : IGradientSink, IDisposable
{
    private readonly Dictionary<Parameter, Tensor> _views = [];
    private readonly DeferredProducts _deferred = new();

    /// <summary>Zeros for every parameter.</summary>
    /// <param name="wide">Type of the sums.</param>
    /// <param name="ownership">The network's parameters, in the orders in which they lie.</param>
    public GradientBuffers(ScalarType wide, Ownership ownership)
    {
        Dense = Lay(ownership.Dense.ByOwner, wide);
        Experts = Lay(ownership.Experts.ByOwner, wide);
    }

    /// <summary>The gradients of all parameters that every rank holds, flat.</summary>
    public Tensor Dense { get; }

    /// <summary>The gradients of this rank's experts, flat.</summary>
    public Tensor Experts { get; }

    /// <summary>A parameter's gradient, in its shape.</summary>
    public Tensor this[Parameter parameter] => _views[parameter];

    /// <inheritdoc/>
    public void Accumulate(Parameter parameter, Tensor gradient)
    {
        using var _ = no_grad();
        _views[parameter].add_(gradient);
    }

    /// <inheritdoc/>
    public void Settle(double share) => _deferred.Run(share);

    /// <summary>Starts a new step.</summary>
    public void Clear()
    {
        Dense.zero_();
        Experts.zero_();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (parameter, view) in _views)
        {
            (parameter.GradientAccumulator.Target, parameter.GradientAccumulator.Later) = (null, null);
            view.Dispose();
        }

        _deferred.Dispose();
        Dense.Dispose();
        Experts.Dispose();
    }

    private Tensor Lay(IEnumerable<Parameter> parameters, ScalarType type)
    {
        var list = parameters.ToList();
        var flat = zeros(list.Sum(parameter => parameter.Count), type).DetachFromDisposeScope();
        long at = 0;
        foreach (var parameter in list)
        {
            using var slice = flat.narrow(0, at, parameter.Count);
            var view = slice.view(parameter.Shape).DetachFromDisposeScope();
            _views.Add(parameter, view);
            if (parameter.AddsDirectly) (parameter.GradientAccumulator.Target, parameter.GradientAccumulator.Later) = (view, _deferred);
            at += parameter.Count;
        }

        return flat;
    }
}
