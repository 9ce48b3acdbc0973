using Distributed.Models.DeepSeekV3;
using Distributed.Parallel.Dispatch;
using Distributed.Parallel.Overlap;
using Distributed.Parallel.Segments;

namespace Distributed.Parallel.Forward;

/// <summary>
/// A network's forward cut where tokens leave for other ranks' experts and where they come back. Everything that
/// crosses a cut is a leaf on the far side: the residual stream, the input of the shared experts, the router
/// weights, the auxiliary losses.
/// <code>
/// embed ─> per layer: route ─┬> (dispatch) ─> experts ─> (combine) ─> sum ─> ... ─> norm ─> loss
///                            └> shared experts, meanwhile ─────────────┘ └─> MTP 1: combine ─> layer ─> norm ─> loss
///                                                                                                   └─> MTP 2 ...
/// </code>
/// </summary>
/// <param name="model">The network, with this rank's experts.</param>
/// <param name="locations">Where each layer's experts live, by layer index.</param>
/// <param name="dispatcher">Moves tokens.</param>
public sealed class SegmentedForward(
    DeepSeekV3Model model, IReadOnlyDictionary<int, ExpertLocations> locations, ITokenDispatcher dispatcher)
{
    /// <summary>
    /// Turns after which the next micro-batch begins, where several are under way: so late that its forward runs beside the backward
    /// of the one before, its attention just before attention there and its experts just before experts. Then a movement of either
    /// has a part of both kinds to hide behind, whichever of them is the longer.
    /// </summary>
    public int Lag => 2 * model.MoeLayers.Count();

    /// <summary>Runs one micro-batch.</summary>
    /// <param name="tape">Where the nodes go.</param>
    /// <param name="batch">This rank's sequences.</param>
    /// <param name="step">The job's step, for the exchanges' tags (<see cref="DispatchTag"/>).</param>
    /// <param name="microBatch">Micro-batch within the step.</param>
    /// <param name="withMtp">Whether the multi-token prediction modules run too.</param>
    /// <param name="lossFactors">The gradients that the cross-entropies will get in backward, trunk first and then by MTP depth, where they are known.</param>
    public ForwardResult Run(Tape tape, TokenBatch batch, long step, int microBatch, bool withMtp = true, IReadOnlyList<double>? lossFactors = null)
    {
        var forward = Start(tape, batch, step, microBatch, withMtp, lossFactors);
        Interleaver.Run(forward.InTurns());
        return forward.Result;
    }

    /// <summary>The same, to be run in turns with others.</summary>
    public MicroBatchForward Start(Tape tape, TokenBatch batch, long step, int microBatch, bool withMtp = true, IReadOnlyList<double>? lossFactors = null) =>
        new(model, locations, dispatcher, tape, batch, step, microBatch, withMtp, lossFactors);
}
