namespace Distributed.Transports;

/// <summary>
/// Says what an exchange is for. The ranks of a group compare tags, so that ranks which have drifted apart
/// are told so instead of taking each other's bytes for something else.
/// </summary>
/// <param name="Epoch">The epoch of the group; only rises.</param>
/// <param name="Step">The job's step, counted from 1; 0 before the first.</param>
/// <param name="MicroBatch">The micro-batch within the step, or for collectives and recovery points their running number, which may wrap around.</param>
/// <param name="Layer">The layer, or for collectives and recovery points the stage within one.</param>
/// <param name="Phase">What travels.</param>
public readonly record struct ExchangeTag(long Epoch, long Step, int MicroBatch, int Layer, ExchangePhase Phase)
{
    /// <summary>For example <c>Dispatch of epoch 2, step 7, micro-batch 0, layer 3</c> or <c>AllReduce of epoch 2, step 7, operation 31, stage 0</c>.</summary>
    public override string ToString() => Phase < ExchangePhase.AllReduce
        ? $"{Phase} of epoch {Epoch}, step {Step}, micro-batch {MicroBatch}, layer {Layer}"
        : $"{Phase} of epoch {Epoch}, step {Step}, operation {MicroBatch}, stage {Layer}";
}
