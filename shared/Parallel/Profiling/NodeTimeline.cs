namespace Distributed.Parallel.Profiling;

/// <summary>Measures the nodes of one micro-batch's tape. The last part of a node's name determines its phase.</summary>
/// <param name="timeline">The rank's timeline.</param>
/// <param name="microBatch">Index of the micro-batch within the step, from 0.</param>
public sealed class NodeTimeline(StepTimeline timeline, int microBatch)
{
    /// <summary>Starts to measure a node's forward.</summary>
    public StepTimeline.Scope Forward(string node) => timeline.Span(node, PhaseOf(node), Pass.Forward, microBatch);

    /// <summary>Starts to measure a node's backward.</summary>
    public StepTimeline.Scope Backward(string node) => timeline.Span(node, PhaseOf(node), Pass.Backward, microBatch);

    /// <summary>Returns the phase of a node: <c>route</c> for <c>model.layers.3.route</c>.</summary>
    public static string PhaseOf(string node) => node[(node.LastIndexOf('.') + 1)..] switch
    {
        "embed_tokens" => "embed",
        "lm_head" or "shared_head" => "loss head",
        "eh_proj" => "MTP input",
        var index when int.TryParse(index, out _) => "dense layer", // a layer without experts is one node
        var last => last,
    };
}
