using Distributed.Models.Parameters;
using Distributed.Parallel.Overlap;
using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Parallel.Segments;

/// <summary>One entry of a tape.</summary>
internal abstract class Node(string name, IReadOnlyList<Boundary> outputs) : IDisposable
{
    public string Name { get; } = name;

    public IReadOnlyList<Boundary> Outputs { get; } = outputs;

    /// <summary>Computes the gradients of inputs and parameters from those of the outputs.</summary>
    public abstract void Backward(IGradientSink sink);

    public virtual void Dispose()
    {
        foreach (var output in Outputs) output.Release();
    }
}

/// <summary>
/// A computation with a graph that ends at its leaves. The graph is kept from the forward, or recorded by recomputation in backward
/// (activation recomputation, Chen et al. 2016). A node that only runs forward has no graph.
/// </summary>
internal sealed class SegmentNode(string name, IReadOnlyList<Parameter> parameters, IReadOnlyList<Boundary> inputs, SegmentGraph? kept,
    Func<SegmentGraph>? again, IReadOnlyList<Boundary> outputs)
    : Node(name, outputs)
{
    public override void Backward(IGradientSink sink)
    {
        if (Outputs.All(output => output.Gradient is null)) return;
        var graph = kept ?? again!();
        var roots = graph.Results;
        var reached = Enumerable.Range(0, roots.Count)
            .Where(i => Outputs[i].Gradient is not null && roots[i].Value.requires_grad).ToArray();
        if (reached.Length == 0) return;

        var differentiable = Enumerable.Range(0, graph.Leaves.Count).Where(i => graph.Leaves[i].requires_grad).ToArray();
        var sources = differentiable.Select(i => graph.Leaves[i]).Concat(parameters.Select(parameter => parameter.Value)).ToArray();
        Tensor[] from = [.. reached.Select(i => roots[i].Value)], given = [.. reached.Select(i => Outputs[i].Gradient!)];
        var gradients = Gradients(from, sources, given);
        for (var i = 0; i < sources.Length; i++)
        {
            if (gradients[i].IsInvalid) continue; // not used by this segment
            if (i < differentiable.Length) inputs[differentiable[i]].AddGradient(gradients[i].DetachFromDisposeScope());
            else sink.Accumulate(parameters[i - differentiable.Length], gradients[i]);
        }
    }

    private static IReadOnlyList<Tensor> Gradients(Tensor[] from, Tensor[] sources, Tensor[] given)
    {
        try
        {
            if (sources.Length > 0) return [.. autograd.grad(from, sources, given, allow_unused: true)];
            autograd.backward(from, given); // the operations add their parameters' gradients directly
            return [];
        }
        finally
        {
            BackwardGuard.ThrowIfFailed(); // takes precedence over the engine's error about missing gradients
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        kept?.Dispose();
    }
}

/// <summary>The end of an exchange in forward; in backward it starts the reverse exchange.</summary>
internal sealed class ArrivalNode(
    string name, IReadOnlyList<Boundary> outputs, Func<IReadOnlyList<Tensor>, PendingResult<IReadOnlyList<Tensor>>> backward)
    : Node(name, outputs)
{
    /// <summary>The reverse exchange that backward has started.</summary>
    public PendingResult<IReadOnlyList<Tensor>>? Returning { get; private set; }

    public override void Backward(IGradientSink sink)
    {
        // Every rank takes part in the exchange; a rank without gradients sends zeros.
        using var mode = no_grad();
        Returning = backward([.. Outputs.Select(output => output.GradientOrZeros())]);
    }

    /// <summary>Does nothing: the departure node releases the outputs, since their gradients may be in flight until its backward.</summary>
    public override void Dispose()
    {
    }

    /// <summary>Releases the outputs.</summary>
    public void Release() => base.Dispose();
}

/// <summary>The start of an exchange in forward; in backward it waits for the reverse exchange.</summary>
internal sealed class DepartureNode(string name, IReadOnlyList<Boundary> inputs) : Node(name, [])
{
    /// <summary>The node at the end of the exchange; null until the exchange is complete.</summary>
    public ArrivalNode? Arrival { get; set; }

    public override void Backward(IGradientSink sink)
    {
        using var mode = no_grad();
        var gradients = Arrival!.Returning!.Wait();
        for (var i = 0; i < inputs.Count; i++) inputs[i].AddGradient(gradients[i].alias().DetachFromDisposeScope());
    }

    public override void Dispose() => Arrival?.Release();
}

/// <summary>A sum; each term's gradient is the sum's gradient.</summary>
internal sealed class SumNode(string name, IReadOnlyList<Boundary> terms, IReadOnlyList<Boundary> outputs) : Node(name, outputs)
{
    public override void Backward(IGradientSink sink)
    {
        using var mode = no_grad();
        if (Outputs[0].Gradient is { } gradient)
            foreach (var term in terms) term.AddGradientOf(gradient.contiguous());
    }
}

/// <summary>A sum of a whole and of rows of it; the gradient of rows is that of their positions.</summary>
internal sealed class RowsSumNode(
    string name, Boundary whole, IReadOnlyList<Boundary> rows, Tensor positions, IReadOnlyList<Boundary> outputs) : Node(name, outputs)
{
    public override void Backward(IGradientSink sink)
    {
        using var mode = no_grad();
        if (Outputs[0].Gradient is not { } gradient) return;
        whole.AddGradientOf(gradient.contiguous());
        foreach (var term in rows)
            term.AddGradient(gradient.view(-1, gradient.shape[^1]).index_select(0, positions).DetachFromDisposeScope());
    }
}
