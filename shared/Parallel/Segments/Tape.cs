using Distributed.Models.Parameters;
using Distributed.Parallel.Overlap;
using Distributed.Parallel.Profiling;
using static TorchSharp.torch;

namespace Distributed.Parallel.Segments;

/// <summary>
/// Records one micro-batch's computation as a list of nodes over boundary tensors. A segment computes, with its own graph that ends at
/// the cuts. An exchange communicates in list order on the calling thread and throws ordinary exceptions. Backward runs the list in
/// reverse. (A custom autograd function that communicates inside backward would end the process on its first exception.)
/// </summary>
/// <param name="sink">Accumulates gradients of parameters; null runs forward only, without a graph.</param>
/// <param name="timeline">Measures each node; null measures nothing.</param>
/// <param name="deferredShare">
/// Share of the deferred gradients of parameters that is computed during one exchange, in (0, 1]. The rest is left for later exchanges;
/// a smaller share spreads the work more evenly but holds memory longer.
/// </param>
public sealed class Tape(IGradientSink? sink, NodeTimeline? timeline = null, double deferredShare = 1) : IDisposable
{
    private readonly List<Node> _nodes = [];
    private readonly List<IDisposable> _owned = [];

    /// <summary>Every boundary so far, in the order of computation.</summary>
    public IEnumerable<Boundary> Boundaries => _nodes.SelectMany(node => node.Outputs);

    /// <summary>Whether the tape records graphs, so that backward can run.</summary>
    public bool IsRecording => sink is not null;

    /// <summary>Takes ownership of an object that nodes need; it is disposed with the tape.</summary>
    public void Own(IDisposable kept) => _owned.Add(kept);

    /// <summary>Measures forward work of the micro-batch between its nodes.</summary>
    public StepTimeline.Scope? Measure(string name) => timeline?.Forward(name);

    /// <summary>Computes boundaries from boundaries.</summary>
    /// <param name="name">Name of the node in error messages.</param>
    /// <param name="parameters">Parameters that the body may use; other parameters get no gradient.</param>
    /// <param name="inputs">Inputs of the body, each passed as a leaf.</param>
    /// <param name="body">The computation; returns its outputs with their names in error messages.</param>
    /// <param name="recompute">
    /// Whether to keep only inputs and outputs. The body then runs again in backward and must repeat the same computation.
    /// </param>
    public Boundary[] Segment(
        string name, IEnumerable<Parameter> parameters, IReadOnlyList<Boundary> inputs,
        Func<IReadOnlyList<Tensor>, IReadOnlyList<(string Name, Tensor Value)>> body, bool recompute = false)
    {
        using var measured = timeline?.Forward(name);
        using var scope = NewDisposeScope();
        SegmentGraph? graph = null;
        IReadOnlyList<(string Name, Tensor Value)> results;
        if (IsRecording && !recompute)
        {
            graph = SegmentGraph.Record(inputs, body);
            results = graph.Results;
        }
        else
        {
            using var mode = no_grad();
            results = body([.. inputs.Select(input => input.Value)]);
        }

        var boundaries = results.Select(result => new Boundary($"{name}: {result.Name}", result.Value.detach().DetachFromDisposeScope()))
            .ToArray();
        Parameter[] through = [.. parameters.Where(parameter => parameter.GradientAccumulator.Target is null)];
        _nodes.Add(new SegmentNode(name, through, inputs, graph?.Detach(),
            IsRecording && recompute ? () => SegmentGraph.Record(inputs, body) : null, boundaries));
        return boundaries;
    }

    /// <summary>Sums boundaries from the last to the first, without a graph.</summary>
    /// <param name="name">Name of the node in error messages.</param>
    /// <param name="terms">Boundaries with equal numbers of elements; the sum has the shape of the first.</param>
    public Boundary Sum(string name, IReadOnlyList<Boundary> terms)
    {
        using var measured = timeline?.Forward(name);
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var sum = terms[^1].Value;
        foreach (var term in terms.Reverse().Skip(1)) sum = term.Value + sum.view_as(term.Value);
        var boundary = new Boundary($"{name}: output", sum.alias().DetachFromDisposeScope());
        _nodes.Add(new SumNode(name, terms, [boundary]));
        return boundary;
    }

    /// <summary>
    /// Sums boundaries of which all but the first are rows of it, without a graph: each row of a term is added at its position.
    /// </summary>
    /// <param name="name">Name of the node in error messages.</param>
    /// <param name="whole">The first term, [..., D], with P rows in all.</param>
    /// <param name="rows">The other terms, [R, D] each.</param>
    /// <param name="positions">Position of each row, [R] int64, in [0, P), each at most once; it must outlive the tape.</param>
    public Boundary SumRows(string name, Boundary whole, IReadOnlyList<Boundary> rows, Tensor positions)
    {
        using var measured = timeline?.Forward(name);
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var sum = rows[^1].Value;
        foreach (var term in rows.Reverse().Skip(1)) sum = term.Value + sum;
        var output = whole.Value.clone();
        output.view(-1, output.shape[^1]).index_add_(0, positions, sum, 1);
        var boundary = new Boundary($"{name}: output", output.DetachFromDisposeScope());
        _nodes.Add(new RowsSumNode(name, whole, rows, positions, [boundary]));
        return boundary;
    }

    /// <summary>
    /// Frees values that neither a recomputation nor any other code reads again. A tape that runs forward only keeps them, so that
    /// <see cref="Boundaries"/> stay readable.
    /// </summary>
    public void Release(params ReadOnlySpan<Boundary> boundaries)
    {
        if (!IsRecording) return;
        foreach (var boundary in boundaries) boundary.ReleaseValue();
    }

    /// <summary>
    /// Starts an exchange that computes boundaries outside any graph. Nodes recorded between the start and the wait run during the
    /// exchange, and in backward during the reverse exchange. Wait for the result before starting another exchange.
    /// </summary>
    /// <param name="name">Name of the node in error messages.</param>
    /// <param name="inputs">Boundaries to send.</param>
    /// <param name="forward">Maps values of the inputs to values of the outputs: new tensors, or the inputs' own.</param>
    /// <param name="backward">Maps gradients of the outputs, zeros if an output has none, to gradients of the inputs.</param>
    public PendingResult<Boundary[]> Exchange(
        string name, IReadOnlyList<Boundary> inputs,
        Func<IReadOnlyList<Tensor>, PendingResult<IReadOnlyList<(string Name, Tensor Value)>>> forward,
        Func<IReadOnlyList<Tensor>, PendingResult<IReadOnlyList<Tensor>>> backward)
    {
        using var measured = timeline?.Forward(name);
        using var starting = no_grad();
        var moving = forward([.. inputs.Select(input => input.Value)]);
        var departure = new DepartureNode(name, inputs);
        _nodes.Add(departure);
        return new PendingResult<Boundary[]>(() =>
        {
            using var measured = timeline?.Forward(name);
            using var scope = NewDisposeScope();
            using var mode = no_grad();
            var boundaries = moving.Wait()
                .Select(output => new Boundary($"{name}: {output.Name}", output.Value.alias().DetachFromDisposeScope())).ToArray();
            _nodes.Add(departure.Arrival = new ArrivalNode(name, boundaries, backward));
            return boundaries;
        });
    }

    /// <summary>
    /// Runs backward from the given roots, each with its gradient (a factor on a scalar), through every node in reverse. The memory of a
    /// node is freed after its backward; the tape is empty afterwards.
    /// </summary>
    public void Backward(IEnumerable<(Boundary Root, double Gradient)> roots)
    {
        Interleaver.Run(BackwardWithPauses(roots));
        ComputeDeferred(sink!, share: 1);
    }

    /// <summary>
    /// Runs backward with pauses while an exchange is in flight. Deferred gradients of parameters may be left in the sink.
    /// </summary>
    public IEnumerable<Pause> BackwardWithPauses(IEnumerable<(Boundary Root, double Gradient)> roots)
    {
        if (sink is null) throw new InvalidOperationException("This tape runs forward only.");
        foreach (var (root, gradient) in roots)
            root.AddGradient(full_like(root.Value, gradient).DetachFromDisposeScope());

        var departures = _nodes.Count(node => node is DepartureNode);
        for (var segments = 0; _nodes.Count > 0; _nodes.RemoveAt(_nodes.Count - 1))
        {
            var node = _nodes[^1];
            if (node is DepartureNode || (node is SegmentNode && segments == DeferredSegments))
            {
                ComputeDeferred(sink, deferredShare); // while the exchange is in flight
                segments = 0;
            }

            if (node is DepartureNode) yield return new Pause(Last: --departures == 0);
            if (node is SegmentNode) segments++;
            Backward(node, sink);
            node.Dispose();
        }
    }

    // Limits the memory that deferred gradients hold.
    private const int DeferredSegments = 2;

    private void ComputeDeferred(IGradientSink sink, double share)
    {
        using var measured = timeline?.Backward("weight gradients");
        sink.ComputeDeferred(share);
    }

    private void Backward(Node node, IGradientSink sink)
    {
        using var measured = timeline?.Backward(node.Name);
        using var scope = NewDisposeScope();
        node.Backward(sink);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var node in _nodes) node.Dispose();
        foreach (var kept in _owned) kept.Dispose();
        _nodes.Clear();
        _owned.Clear();
    }
}
