using Distributed.Models.Parameters;
using static TorchSharp.torch;

namespace Distributed.Training.Steps;

/// <summary>
/// The weights that the optimizer updates: float32 copies if the network computes in bfloat16, else the network's own weights.
/// </summary>
public sealed class MasterWeights : IDisposable
{
    private readonly ParameterSet _parameters;
    private readonly Dictionary<Parameter, Tensor> _masters = [];

    /// <summary>Creates master weights from the current weights of the network.</summary>
    /// <param name="parameters">The parameters of the network.</param>
    /// <param name="updated">The parameters that this rank updates; other parameters have no master weights on this rank.</param>
    public MasterWeights(ParameterSet parameters, IEnumerable<Parameter> updated)
    {
        _parameters = parameters;
        foreach (var parameter in updated)
            _masters.Add(parameter,
                (IsCopy(parameter) ? parameter.Value.detach().to(parameters.Wide) : parameter.Value.detach()).DetachFromDisposeScope());
    }

    /// <summary>The master weights of a parameter, in the parameter's shape.</summary>
    public Tensor this[Parameter parameter] => _masters[parameter];

    /// <summary>Whether a parameter's master weights are a copy in a wider type.</summary>
    public bool IsCopy(Parameter parameter) => parameter.Value.dtype != _parameters.Wide;

    /// <summary>Copies the network's weights to the master weights, after initialisation.</summary>
    public void CopyFromNetwork()
    {
        using var _ = no_grad();
        foreach (var (parameter, master) in _masters)
            if (IsCopy(parameter)) master.copy_(parameter.Value);
    }

    /// <summary>Copies the master weights to the network.</summary>
    public void CopyToNetwork()
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
