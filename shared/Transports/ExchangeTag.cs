namespace Distributed.Transports;

/// <summary>
/// Says what an exchange is for. The ranks of a group compare tags, so that ranks which have drifted apart
/// are told so instead of taking each other's bytes for something else.
/// </summary>
/// <param name="Epoch">The epoch of the group; only rises.</param>
/// <param name="Step">The optimizer step, or for collectives their running number.</param>
/// <param name="MicroBatch">The micro-batch within the step.</param>
/// <param name="Layer">The layer, or for collectives the stage within one.</param>
/// <param name="Phase">What travels.</param>
public readonly record struct ExchangeTag(long Epoch, long Step, int MicroBatch, int Layer, ExchangePhase Phase)
{
    /// <summary>For example <c>Dispatch of epoch 2, step 7, micro-batch 0, layer 3</c>.</summary>
    public override string ToString() =>
        $"{Phase} of epoch {Epoch}, step {Step}, micro-batch {MicroBatch}, layer {Layer}";
}
