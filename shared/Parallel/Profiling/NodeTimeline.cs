namespace Distributed.Parallel.Profiling;

/// <summary>A timeline as one micro-batch's tape sees it: nodes by name, each of a kind that the last part of its name tells.</summary>
/// <param name="timeline">The rank's.</param>
/// <param name="microBatch">Micro-batch within the step, from 0.</param>
public sealed class NodeTimeline(StepTimeline timeline, int microBatch)
{
    /// <summary>Begins a node's forward.</summary>
    public StepTimeline.Measured Forward(string node) => timeline.Span(node, PhaseOf(node), Pass.Forward, microBatch);

    /// <summary>Begins a node's backward.</summary>
    public StepTimeline.Measured Backward(string node) => timeline.Span(node, PhaseOf(node), Pass.Backward, microBatch);

    /// <summary>The kind of a node: <c>route</c> of <c>model.layers.3.route</c>.</summary>
    public static string PhaseOf(string node) => node[(node.LastIndexOf('.') + 1)..] switch
    {
        "embed_tokens" => "embed",
        "lm_head" or "shared_head" => "loss head",
        "eh_proj" => "MTP input",
        var index when int.TryParse(index, out _) => "dense layer", // a layer without experts is one node
        var last => last,
    };
}
