using static TorchSharp.torch;

namespace Distributed.Parallel.Segments;

/// <summary>The autograd graph of a segment between its leaves and its results.</summary>
internal sealed class SegmentGraph : IDisposable
{
    private SegmentGraph(Tensor[] leaves, IReadOnlyList<(string Name, Tensor Value)> results) => (Leaves, Results) = (leaves, results);

    /// <summary>One leaf per input; leaves of a floating-point type require a gradient.</summary>
    public IReadOnlyList<Tensor> Leaves { get; }

    /// <summary>The results of the segment's body.</summary>
    public IReadOnlyList<(string Name, Tensor Value)> Results { get; }

    /// <summary>
    /// Runs the body and records its graph. The tensors belong to the current dispose scope until <see cref="Detach"/> is called.
    /// </summary>
    public static SegmentGraph Record(
        IReadOnlyList<Boundary> inputs, Func<IReadOnlyList<Tensor>, IReadOnlyList<(string Name, Tensor Value)>> body)
    {
        using var mode = set_grad_enabled(true);
        Tensor[] leaves =
        [
            .. inputs.Select(input => input.Value.is_floating_point() ? input.Value.detach().requires_grad_() : input.Value),
        ];
        return new SegmentGraph(leaves, body(leaves));
    }

    /// <summary>Detaches the tensors from their dispose scope; the caller disposes this graph.</summary>
    public SegmentGraph Detach()
    {
        foreach (var leaf in Leaves.Where(leaf => leaf.requires_grad)) leaf.DetachFromDisposeScope();
        foreach (var (_, value) in Results) value.DetachFromDisposeScope();
        return this;
    }

    public void Dispose()
    {
        foreach (var (_, value) in Results) value.Dispose();
        foreach (var leaf in Leaves.Where(leaf => leaf.requires_grad)) leaf.Dispose();
    }
}
