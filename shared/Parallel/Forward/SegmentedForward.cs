using Distributed.Models;
using Distributed.Parallel.Dispatch;
using Distributed.Parallel.Overlap;
using Distributed.Parallel.Segments;

namespace Distributed.Parallel.Forward;

/// <summary>
/// A network's forward, cut before each dispatch and after each combine. Every tensor that crosses a cut is a leaf on the other side:
/// the residual stream, the input of the shared experts, the router weights, the auxiliary losses.
/// <code>
/// embed ─> per layer: route ─┬> (dispatch) ─> experts ─> (combine) ─> sum ─> ... ─> norm ─> loss
///                            └> shared experts, overlapped ────────────┘ └─> MTP 1: combine ─> layer ─> norm ─> loss
///                                                                                                   └─> MTP 2 ...
/// </code>
/// </summary>
/// <param name="model">The network, with this rank's experts.</param>
/// <param name="locations">The ranks of each layer's experts, by layer index.</param>
/// <param name="dispatcher">Moves tokens.</param>
public sealed class SegmentedForward(
    Decoder model, IReadOnlyDictionary<int, ExpertLocations> locations, ITokenDispatcher dispatcher)
{
    /// <summary>
    /// Number of turns between the starts of consecutive micro-batches in flight. The forward of a micro-batch then runs in turn with the
    /// backward of the previous one: attention just before attention, experts just before experts. Each exchange overlaps with both kinds
    /// of computation.
    /// </summary>
    /// <param name="withMtp">Whether the multi-token prediction modules run.</param>
    public int Lag(bool withMtp) => 2 * (withMtp ? model.MoeLayers.Count() : model.Layers.Count(layer => layer.Moe is not null));

    /// <summary>Runs one micro-batch.</summary>
    /// <param name="tape">Receives the nodes.</param>
    /// <param name="batch">This rank's sequences.</param>
    /// <param name="step">The job's step, for the exchanges' tags (<see cref="DispatchTag"/>).</param>
    /// <param name="microBatch">Index of the micro-batch within the step.</param>
    /// <param name="withMtp">Whether to run the multi-token prediction modules.</param>
    /// <param name="lossFactors">
    /// Gradients of the cross-entropies in backward, trunk first and then by MTP depth; null if they are not known in advance.
    /// </param>
    /// <param name="head">The loss of the trunk; null for the cross-entropy of the next tokens.</param>
    public ForwardResult Run(Tape tape, TokenBatch batch, long step, int microBatch, bool withMtp = true,
        IReadOnlyList<double>? lossFactors = null, TrunkHead? head = null)
    {
        var forward = Start(tape, batch, step, microBatch, withMtp, lossFactors, head);
        Interleaver.Run(forward.RunWithPauses());
        return forward.Result;
    }

    /// <summary>Creates the forward of one micro-batch, for an <see cref="Interleaver"/> that runs several in turn.</summary>
    public MicroBatchForward Start(
        Tape tape, TokenBatch batch, long step, int microBatch, bool withMtp = true, IReadOnlyList<double>? lossFactors = null,
        TrunkHead? head = null) =>
        new(model, locations, dispatcher, tape, batch, step, microBatch, withMtp, lossFactors, head);
}
