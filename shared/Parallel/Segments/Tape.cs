using Distributed.Models.Parameters;
using Distributed.Parallel.Overlap;
using Distributed.Parallel.Profiling;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Parallel.Segments;

/// <summary>
/// One micro-batch's computation as a list of nodes over boundary tensors. A segment computes, with a graph of its own
/// that ends at the cuts; an exchange communicates, in the explicit order of the list, on the calling thread and
/// with ordinary exceptions. Backward runs the list in reverse. (A custom autograd function that communicates inside
/// backward would end the process on its first exception.)
/// </summary>
/// <param name="sink">Where gradients of parameters go; null runs forward only, without any graph.</param>
/// <param name="timeline">Hears how long each node takes; null measures nothing.</param>
/// <param name="settles">
/// How much of the parameters' gradients that were put off is computed behind an exchange, in (0, 1]; the rest is behind the next, which
/// spreads them evenly but holds memory longer.
/// </param>
public sealed class Tape(IGradientSink? sink, NodeTimeline? timeline = null, double settles = 1) : IDisposable
{
    private readonly List<Node> _nodes = [];
    private readonly List<IDisposable> _owned = [];

    /// <summary>Every boundary so far, in the order of computation.</summary>
    public IEnumerable<Boundary> Boundaries => _nodes.SelectMany(node => node.Outputs);

    /// <summary>Whether a backward can follow.</summary>
    public bool Records => sink is not null;

    /// <summary>Keeps something that nodes need until the tape is done.</summary>
    public void Own(IDisposable kept) => _owned.Add(kept);

    /// <summary>Measures what a micro-batch does in forward between its nodes.</summary>
    public StepTimeline.Measured? Measure(string name) => timeline?.Forward(name);

    /// <summary>Computes boundaries from boundaries.</summary>
    /// <param name="name">Names the node in errors.</param>
    /// <param name="parameters">Parameters that the body may use; others get no gradient.</param>
    /// <param name="inputs">What the body is given, each as a leaf.</param>
    /// <param name="body">The computation; its outputs are named in errors by the names beside them.</param>
    /// <param name="recompute">
    /// Keeps nothing but the inputs and outputs; the body then runs once more in backward and must do the same again.
    /// </param>
    public Boundary[] Segment(
        string name, IEnumerable<Parameter> parameters, IReadOnlyList<Boundary> inputs, Func<IReadOnlyList<Tensor>, IReadOnlyList<(string Name, Tensor Value)>> body, bool recompute = false)
    {
        using var measured = timeline?.Forward(name);
        using var scope = NewDisposeScope();
        SegmentGraph? graph = null;
        IReadOnlyList<(string Name, Tensor Value)> results;
        if (Records && !recompute)
        {
            graph = SegmentGraph.Record(inputs, body);
            results = graph.Results;
        }
        else
        {
            using var mode = no_grad();
            results = body([.. inputs.Select(input => input.Value)]);
        }

        var boundaries = results.Select(result => new Boundary($"{name}: {result.Name}", result.Value.detach().DetachFromDisposeScope())).ToArray();
        Parameter[] through = [.. parameters.Where(parameter => parameter.GradientAccumulator.Target is null)];
        _nodes.Add(new SegmentNode(name, through, inputs, graph?.Kept(), Records && recompute ? () => SegmentGraph.Record(inputs, body) : null, boundaries));
        return boundaries;
    }

    /// <summary>Sums boundaries, from the last to the first; no graph is needed.</summary>
    /// <param name="name">Names the node in errors.</param>
    /// <param name="terms">Of as many elements each; the sum is shaped like the first.</param>
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
    /// Frees values that no recomputation starts from and nothing else will ask for. A tape without a backward keeps them,
    /// for those who look at its <see cref="Boundaries"/>.
    /// </summary>
    public void Release(params ReadOnlySpan<Boundary> boundaries)
    {
        if (!Records) return;
        foreach (var boundary in boundaries) boundary.ReleaseValue();
    }

    /// <summary>
    /// Starts to compute boundaries by communication, outside of any graph. What is computed between this and the waiting for it lies between
    /// the start and the end of the opposite communication in backward too. Until then no other may be started.
    /// </summary>
    /// <param name="name">Names the node in errors.</param>
    /// <param name="inputs">What is sent.</param>
    /// <param name="forward">Values of the inputs to values of the outputs; new tensors, or the inputs' own.</param>
    /// <param name="backward">Gradients of the outputs, zeros where there was none, to gradients of the inputs.</param>
    public PendingResult<Boundary[]> Exchange(
        string name, IReadOnlyList<Boundary> inputs, Func<IReadOnlyList<Tensor>, PendingResult<IReadOnlyList<(string Name, Tensor Value)>>> forward,
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
            var boundaries = moving.Wait().Select(output => new Boundary($"{name}: {output.Name}", output.Value.alias().DetachFromDisposeScope())).ToArray();
            _nodes.Add(departure.Arrival = new ArrivalNode(name, boundaries, backward));
            return boundaries;
        });
    }

    /// <summary>
    /// Runs backward from the given roots, each with its gradient (a factor on a scalar), through every node in
    /// reverse. Memory of a node is freed as soon as it is done; the tape has no nodes afterwards.
    /// </summary>
    public void Backward(IEnumerable<(Boundary Root, double Gradient)> roots)
    {
        Interleaver.Run(BackwardInTurns(roots));
        Settle(sink!, share: 1);
    }

    /// <summary>The same, pausing where an exchange is under way. Gradients of parameters may be left for the sink to settle.</summary>
    public IEnumerable<Pause> BackwardInTurns(IEnumerable<(Boundary Root, double Gradient)> roots)
    {
        if (sink is null) throw new InvalidOperationException("This tape runs forward only.");
        foreach (var (root, gradient) in roots)
            root.AddGradient(full_like(root.Value, gradient).DetachFromDisposeScope());

        var departures = _nodes.Count(node => node is DepartureNode);
        for (var segments = 0; _nodes.Count > 0; _nodes.RemoveAt(_nodes.Count - 1))
        {
            var node = _nodes[^1];
            if (node is DepartureNode || (node is SegmentNode && segments == SegmentsPutOff))
            {
                Settle(sink, settles); // while the exchange is under way
                segments = 0;
            }

            if (node is DepartureNode) yield return new Pause(Last: --departures == 0);
            if (node is SegmentNode) segments++;
            Backward(node, sink);
            node.Dispose();
        }
    }

    // What is put off holds memory.
    private const int SegmentsPutOff = 2;

    private void Settle(IGradientSink sink, double share)
    {
        using var measured = timeline?.Backward("weight gradients");
        sink.Settle(share);
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
