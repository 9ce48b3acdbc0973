using Distributed.Tensors.MatrixProducts;
using static TorchSharp.torch;

namespace Distributed.Models.Parameters;

/// <summary>The role of a parameter in the optimizer.</summary>
public enum ParameterRole
{
    /// <summary>A hidden matrix, or a stack of them: weight decay, and Muon if the optimizer is Muon.</summary>
    Matrix,

    /// <summary>Embedding or output head: weight decay, never Muon.</summary>
    Embedding,

    /// <summary>Norm weight or bias: no weight decay.</summary>
    Vector,
}

/// <summary>The initial value of a parameter.</summary>
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
/// A part of a parameter that has its own name in Hugging Face checkpoints: the whole tensor for most parameters, one expert's matrix
/// for a stack.
/// </summary>
/// <param name="Name">Hugging Face name, the same on every rank and in every layout.</param>
/// <param name="Shape">Shape of the part.</param>
/// <param name="Select">Returns the part as a view of a tensor shaped like the parameter: weight, gradient or moment.</param>
public sealed record NamedView(string Name, long[] Shape, Func<Tensor, Tensor> Select);

/// <summary>
/// One trained tensor of a network on this rank. The network computes with <see cref="Value"/>, a leaf of its graphs; the optimizer
/// may keep a copy of higher precision.
/// </summary>
public sealed class Parameter
{
    internal Parameter(string name, long[] shape, ParameterRole role, Initialisation initialisation, bool isExpert, bool isWide,
        bool addsDirectly, IReadOnlyList<NamedView>? views)
    {
        (Name, Shape, Role, Initialisation, IsExpert, IsWide) = (name, shape, role, initialisation, isExpert, isWide);
        AddsDirectly = addsDirectly;
        Views = views ?? [new NamedView(name, shape, whole => whole)];
    }

    /// <summary>Name on this rank; for a stack of experts the common prefix of its views' names.</summary>
    public string Name { get; }

    /// <summary>Shape on this rank.</summary>
    public long[] Shape { get; }

    /// <summary>Role in the optimizer.</summary>
    public ParameterRole Role { get; }

    /// <summary>Initial value.</summary>
    public Initialisation Initialisation { get; }

    /// <summary>Whether the parameter belongs to routed experts: its gradient is complete on the ranks that hold them.</summary>
    public bool IsExpert { get; }

    /// <summary>Whether the network computes with this parameter in the wide type for every compute type (the router).</summary>
    public bool IsWide { get; }

    /// <summary>The parts with their Hugging Face names.</summary>
    public IReadOnlyList<NamedView> Views { get; }

    /// <summary>The tensor that the network computes with; requires a gradient.</summary>
    public Tensor Value { get; internal set; } = null!;

    /// <summary>Receives the gradient from kernels during training if <see cref="AddsDirectly"/> is true.</summary>
    public GradientAccumulator GradientAccumulator { get; } = new();

    /// <summary>
    /// Whether the operation that computes the gradient adds it to <see cref="GradientAccumulator"/> instead of returning it to autograd.
    /// </summary>
    public bool AddsDirectly { get; }

    /// <summary>
    /// The tensors that an optimizer updates, each as one. Named matrices of equal shape form one stack, [parts, ...]. Matrices of
    /// different shapes are separate, since an optimizer may treat each as a matrix.
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

    /// <summary>Moves the values to other memory, such as a slice of a buffer shared with other parameters.</summary>
    /// <param name="memory">Contiguous tensor with the same number of elements and the same type; it must outlive this parameter.</param>
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
