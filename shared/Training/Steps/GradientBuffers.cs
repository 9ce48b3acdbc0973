using Distributed.Models.Parameters;
using Distributed.Parallel.Segments;
using Distributed.Tensors.MatrixProducts;
using Distributed.Training.Sharding;
using static TorchSharp.torch;

namespace Distributed.Training.Steps;

/// <summary>
/// Accumulates gradients over micro-batches, in float32 or wider; kernels add to the buffers directly. Gradients of parameters that the
/// same ranks hold are in one contiguous buffer, so that one collective sums them over these ranks.
/// </summary>
public sealed class GradientBuffers : IGradientSink, IDisposable
{
    private readonly Dictionary<Parameter, Tensor> _views = [];
    private readonly DeferredProducts _deferred = new();

    /// <summary>Allocates buffers of zeros.</summary>
    /// <param name="wide">Type of the buffers.</param>
    /// <param name="ownership">The parameters, in the order of the buffers.</param>
    public GradientBuffers(ScalarType wide, Ownership ownership)
    {
        Dense = Allocate(ownership.Dense.ByOwner, wide);
        Experts = Allocate(ownership.Experts.ByOwner, wide);
    }

    /// <summary>The gradients of all parameters that every rank holds, flat.</summary>
    public Tensor Dense { get; }

    /// <summary>The gradients of this rank's experts, flat.</summary>
    public Tensor Experts { get; }

    /// <summary>The gradient of a parameter, in the parameter's shape.</summary>
    public Tensor this[Parameter parameter] => _views[parameter];

    /// <inheritdoc/>
    public void Accumulate(Parameter parameter, Tensor gradient)
    {
        using var _ = no_grad();
        _views[parameter].add_(gradient);
    }

    /// <inheritdoc/>
    public void ComputeDeferred(double share) => _deferred.Run(share);

    /// <summary>Sets all gradients to zero, at the start of a step.</summary>
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

    private Tensor Allocate(IEnumerable<Parameter> parameters, ScalarType type)
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
