using Distributed.Models.Parameters;
using static TorchSharp.torch;

namespace Distributed.Parallel.Segments;

/// <summary>Accumulates gradients of parameters.</summary>
public interface IGradientSink
{
    /// <summary>Adds <paramref name="gradient"/>, shaped like the parameter; the caller keeps ownership.</summary>
    void Accumulate(Parameter parameter, Tensor gradient);

    /// <summary>Computes deferred gradients of parameters. Called while an exchange is in flight, and at the end of backward.</summary>
    /// <param name="share">Minimum share of the deferred work to do, in (0, 1].</param>
    void ComputeDeferred(double share);
}
