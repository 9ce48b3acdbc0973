using Distributed.Models.Parameters;
using Distributed.Parallel.Segments;
using Distributed.Tensors.Products;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Steps;

/// <summary>
/// Sums of gradients over micro-batches, in fp32 at least; kernels add to them directly. Those of the parameters that every rank holds lie in one
/// stretch of memory, so that one collective sums them over the ranks.
/// </summary>
public sealed class GradientBuffers : IGradientSink, IDisposable
{
    private readonly Dictionary<Parameter, Tensor> _views = [];
    private readonly Tensor _experts;
    private readonly DeferredProducts _deferred = new();

    /// <summary>Zeros for every parameter.</summary>
    /// <param name="parameters">The network's.</param>
    /// <param name="dense">Those that every rank holds, in the order in which they lie.</param>
    public GradientBuffers(ParameterSet parameters, IEnumerable<Parameter> dense)
    {
        Dense = Lay(dense, parameters.Wide);
        _experts = Lay(parameters.All.Where(parameter => parameter.IsExpert), parameters.Wide);
    }

    /// <summary>The gradients of all parameters that every rank holds, flat.</summary>
    public Tensor Dense { get; }

    /// <summary>A parameter's gradient, in its shape.</summary>
    public Tensor this[Parameter parameter] => _views[parameter];

    /// <inheritdoc/>
    public void Accumulate(Parameter parameter, Tensor gradient)
    {
        using var _ = no_grad();
        _views[parameter].add_(gradient);
    }

    /// <inheritdoc/>
    public void Settle() => _deferred.Run();

    /// <summary>Starts a new step.</summary>
    public void Clear()
    {
        Dense.zero_();
        _experts.zero_();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (parameter, view) in _views)
        {
            (parameter.GradientSum.Target, parameter.GradientSum.Later) = (null, null);
            view.Dispose();
        }

        _deferred.Dispose();
        Dense.Dispose();
        _experts.Dispose();
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
            if (parameter.AddsDirectly) (parameter.GradientSum.Target, parameter.GradientSum.Later) = (view, _deferred);
            at += parameter.Count;
        }

        return flat;
    }
}
