using Distributed.Tensors.MatrixProducts;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Models.Parameters;

/// <summary>What a parameter is to the optimizer.</summary>
public enum ParameterRole
{
    /// <summary>A hidden matrix, or a stack of them: weight decay, and Muon where it is asked for.</summary>
    Matrix,

    /// <summary>Embedding or output head: weight decay, never Muon.</summary>
    Embedding,

    /// <summary>Norm weight or bias: no weight decay.</summary>
    Vector,
}

/// <summary>How a parameter starts.</summary>
public enum Initialisation
{
    /// <summary>Normal, with the configuration's standard deviation.</summary>
    Normal,

    /// <summary>All ones (norms).</summary>
    Ones,

    /// <summary>All zeros (biases).</summary>
    Zeros,
}

/// <summary>
/// A part of a parameter that has a name of its own in Hugging Face checkpoints: a whole tensor for most,
/// one expert's matrix for a stack.
/// </summary>
/// <param name="Name">Hugging Face name, the same on every rank and in every layout.</param>
/// <param name="Shape">Shape of the part.</param>
/// <param name="Select">The part as a view of a tensor shaped like the parameter: weight, gradient or moment.</param>
public sealed record NamedView(string Name, long[] Shape, Func<Tensor, Tensor> Select);

/// <summary>
/// One trained tensor of a network on this rank. <see cref="Value"/> is what the network computes with, a leaf of
/// its graphs; the optimizer may keep a wider copy.
/// </summary>
public sealed class Parameter
{
    internal Parameter(string name, long[] shape, ParameterRole role, Initialisation initialisation, bool isExpert, bool isWide, IReadOnlyList<NamedView>? views)
    {
        (Name, Shape, Role, Initialisation, IsExpert, IsWide) = (name, shape, role, initialisation, isExpert, isWide);
        Views = views ?? [new NamedView(name, shape, whole => whole)];
    }

    /// <summary>Name on this rank; for a stack of experts the common prefix of its views' names.</summary>
    public string Name { get; }

    /// <summary>Shape on this rank.</summary>
    public long[] Shape { get; }

    /// <summary>What it is to the optimizer.</summary>
    public ParameterRole Role { get; }

    /// <summary>How it starts.</summary>
    public Initialisation Initialisation { get; }

    /// <summary>Whether it belongs to routed experts: its gradient is complete on the ranks that hold them.</summary>
    public bool IsExpert { get; }

    /// <summary>Whether it is computed with in the master precision whatever the compute precision (the router).</summary>
    public bool IsWide { get; }

    /// <summary>Its parts under their Hugging Face names.</summary>
    public IReadOnlyList<NamedView> Views { get; }

    /// <summary>The tensor that the network computes with; requires a gradient.</summary>
    public Tensor Value { get; internal set; } = null!;

    /// <summary>Where kernels add its gradient while it is trained, if <see cref="AddsDirectly"/>.</summary>
    public GradientAccumulator GradientAccumulator { get; } = new();

    /// <summary>Whether its gradient is added to <see cref="GradientAccumulator"/> by the operation that makes it, and not handed through autograd.</summary>
    public bool AddsDirectly { get; private set; }

    /// <summary>Says that the operation which uses it adds its gradient directly.</summary>
    public Parameter AddingDirectly(bool directly)
    {
        AddsDirectly = directly;
        return this;
    }

    /// <summary>
    /// What an optimizer updates as one. Matrices of one shape that have names of their own are a stack of them, [parts, ...];
    /// matrices of several shapes are apart, since an optimizer may look at them as matrices.
    /// </summary>
    public IReadOnlyList<NamedView> Optimized
    {
        get
        {
            if (Views.Count == 1 || Role != ParameterRole.Matrix) return [new NamedView(Name, Shape, whole => whole.view(Shape))];
            if (Views.Any(view => !view.Shape.SequenceEqual(Views[0].Shape))) return Views;
            long[] stack = [Views.Count, .. Views[0].Shape];
            return [new NamedView(Name, stack, whole => whole.view(stack))];
        }
    }

    /// <summary>Number of elements on this rank.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>Moves the values to other memory, such as a stretch shared with other parameters.</summary>
    /// <param name="memory">As many elements of the same type, contiguous, that outlive this.</param>
    public void MoveTo(Tensor memory)
    {
        using var _ = no_grad();
        using var shaped = memory.view(Shape);
        shaped.copy_(Value);
        var moved = shaped.detach().requires_grad_().DetachFromDisposeScope();
        Value.Dispose();
        Value = moved;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} [{string.Join(", ", Shape)}]";
}
