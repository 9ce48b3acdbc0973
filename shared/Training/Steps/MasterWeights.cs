using Distributed.Models.Parameters;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Steps;

/// <summary>
/// What the optimizer updates: fp32 copies where the network computes in bf16, else the network's own weights.
/// </summary>
public sealed class MasterWeights : IDisposable
{
    private readonly ParameterSet _parameters;
    private readonly Dictionary<Parameter, Tensor> _masters = [];

    /// <summary>Takes the network's present weights.</summary>
    /// <param name="parameters">The network's.</param>
    /// <param name="updated">Those that this rank updates; others have no master here.</param>
    public MasterWeights(ParameterSet parameters, IEnumerable<Parameter> updated)
    {
        _parameters = parameters;
        foreach (var parameter in updated)
            _masters.Add(parameter, (IsCopy(parameter) ? parameter.Value.detach().to(parameters.Wide) : parameter.Value.detach()).DetachFromDisposeScope());
    }

    /// <summary>A parameter's master weights, in its shape.</summary>
    public Tensor this[Parameter parameter] => _masters[parameter];

    /// <summary>Whether the master is a copy in a wider type.</summary>
    public bool IsCopy(Parameter parameter) => parameter.Value.dtype != _parameters.Wide;

    /// <summary>Takes the network's weights anew, after they were drawn.</summary>
    public void Take()
    {
        using var _ = no_grad();
        foreach (var (parameter, master) in _masters)
            if (IsCopy(parameter)) master.copy_(parameter.Value);
    }

    /// <summary>Gives the network the updated weights.</summary>
    public void Publish()
    {
        using var _ = no_grad();
        foreach (var (parameter, master) in _masters)
            if (IsCopy(parameter)) parameter.Value.copy_(master);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var master in _masters.Values) master.Dispose();
    }
}
