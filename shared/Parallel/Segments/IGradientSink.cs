using Distributed.Models.Parameters;
using static TorchSharp.torch;

namespace Distributed.Parallel.Segments;

/// <summary>Where gradients of parameters are summed.</summary>
public interface IGradientSink
{
    /// <summary>Adds <paramref name="gradient"/>, shaped like the parameter; the caller keeps it.</summary>
    void Accumulate(Parameter parameter, Tensor gradient);

    /// <summary>Computes gradients of parameters that were put off: called once an exchange is under way, and at the end.</summary>
    /// <param name="share">The least share of that work to be done, in (0, 1].</param>
    void Settle(double share);
}
