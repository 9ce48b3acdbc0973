using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Parallel.Segments;

/// <summary>
/// A tensor that crosses a cut of the graph: an output of one node and a leaf of every node that takes it.
/// Its gradients from all of these are summed before its producer's backward.
/// </summary>
public sealed class Boundary
{
    internal Boundary(string name, Tensor value)
    {
        Name = name;
        Value = value;
    }

    /// <summary>Where it comes from, for errors: <c>model.layers.3.route: weights</c>.</summary>
    public string Name { get; }

    /// <summary>The value, without a graph.</summary>
    public Tensor Value { get; }

    internal Tensor? Gradient { get; private set; }

    /// <summary>Adds to the gradient and takes ownership of <paramref name="gradient"/>.</summary>
    internal void AddGradient(Tensor gradient)
    {
        if (Gradient is null)
        {
            Gradient = gradient;
            return;
        }

        // Never in place: the first gradient may share its memory with another boundary's.
        var sum = Gradient.add(gradient).DetachFromDisposeScope();
        Gradient.Dispose();
        gradient.Dispose();
        Gradient = sum;
    }

    internal void Release()
    {
        Gradient?.Dispose();
        Gradient = null;
        Value.Dispose();
    }
}
