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
        (_shape, _type) = (value.shape, value.dtype);
    }

    private readonly long[] _shape;
    private readonly ScalarType _type;

    /// <summary>Where it comes from, for errors: <c>model.layers.3.route: weights</c>.</summary>
    public string Name { get; }

    /// <summary>The value, without a graph; not after <see cref="Tape.Release"/>.</summary>
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

    /// <summary>Adds a gradient of the value's elements in their order, whatever its shape.</summary>
    internal void AddGradientOf(Tensor elements) => AddGradient(elements.view(_shape).DetachFromDisposeScope());

    /// <summary>The gradient; zeros if nothing depends on the value.</summary>
    internal Tensor GradientOrZeros()
    {
        if (Gradient is null) AddGradient(zeros(_shape, _type).DetachFromDisposeScope());
        return Gradient!;
    }

    internal void ReleaseValue() => Value.Dispose();

    internal void Release()
    {
        Gradient?.Dispose();
        Gradient = null;
        Value.Dispose();
    }
}
