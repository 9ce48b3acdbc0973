using static TorchSharp.torch;

namespace Distributed.Parallel.Segments;

/// <summary>
/// A tensor that crosses a cut of the graph: an output of one node and a leaf of every node that takes it. The gradients from all
/// consumers are summed before the producer's backward.
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

    /// <summary>Node and output name, for error messages: <c>model.layers.3.route: weights</c>.</summary>
    public string Name { get; }

    /// <summary>The value, detached from any graph; invalid after <see cref="Tape.Release"/>.</summary>
    public Tensor Value { get; }

    internal Tensor? Gradient { get; private set; }

    /// <summary>Adds <paramref name="gradient"/> to the gradient and takes ownership of it.</summary>
    internal void AddGradient(Tensor gradient)
    {
        if (Gradient is null)
        {
            Gradient = gradient;
            return;
        }

        // Not in place: the first gradient may share memory with another boundary's.
        var sum = Gradient.add(gradient).DetachFromDisposeScope();
        Gradient.Dispose();
        gradient.Dispose();
        Gradient = sum;
    }

    /// <summary>Adds a gradient that has the value's elements in flat order and any shape.</summary>
    internal void AddGradientOf(Tensor elements) => AddGradient(elements.view(_shape).DetachFromDisposeScope());

    /// <summary>Returns the gradient; zeros if no consumer added one.</summary>
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
