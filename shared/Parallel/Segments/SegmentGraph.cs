using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Parallel.Segments;

/// <summary>A segment's computation: the leaves that it began from and the results that it ended in, with the graph between.</summary>
internal sealed class SegmentGraph : IDisposable
{
    private SegmentGraph(Tensor[] leaves, IReadOnlyList<(string Name, Tensor Value)> results) => (Leaves, Results) = (leaves, results);

    /// <summary>One for each input; those of floating point need a gradient.</summary>
    public IReadOnlyList<Tensor> Leaves { get; }

    /// <summary>What the body returned.</summary>
    public IReadOnlyList<(string Name, Tensor Value)> Results { get; }

    /// <summary>Computes, recording the graph. Everything belongs to the present dispose scope until it is <see cref="Kept"/>.</summary>
    public static SegmentGraph Record(IReadOnlyList<Boundary> inputs, Func<IReadOnlyList<Tensor>, IReadOnlyList<(string Name, Tensor Value)>> body)
    {
        using var mode = set_grad_enabled(true);
        Tensor[] leaves = [.. inputs.Select(input => input.Value.is_floating_point() ? input.Value.detach().requires_grad_() : input.Value)];
        return new SegmentGraph(leaves, body(leaves));
    }

    /// <summary>Outlives the present dispose scope; to be disposed.</summary>
    public SegmentGraph Kept()
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
