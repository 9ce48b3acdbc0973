namespace Distributed.Transports;

/// <summary>
/// Identifies the purpose of an exchange. The ranks of a group compare tags, so a rank whose sequence of exchanges differs gets an
/// error instead of the bytes of another exchange.
/// </summary>
/// <param name="Epoch">Epoch of the group; never decreases.</param>
/// <param name="Step">Step of the job, from 1; 0 before the first step.</param>
/// <param name="MicroBatch">
/// Micro-batch within the step. For collectives and recovery points: a sequence number, which may wrap around.
/// </param>
/// <param name="Layer">Layer of the network. For collectives and recovery points: the stage of the operation.</param>
/// <param name="Phase">What the exchange carries.</param>
public readonly record struct ExchangeTag(long Epoch, long Step, int MicroBatch, int Layer, ExchangePhase Phase)
{
    /// <summary>
    /// For example <c>Dispatch of epoch 2, step 7, micro-batch 0, layer 3</c> or
    /// <c>AllReduce of epoch 2, step 7, operation 31, stage 0</c>.
    /// </summary>
    public override string ToString() => Phase < ExchangePhase.AllReduce
        ? $"{Phase} of epoch {Epoch}, step {Step}, micro-batch {MicroBatch}, layer {Layer}"
        : $"{Phase} of epoch {Epoch}, step {Step}, operation {MicroBatch}, stage {Layer}";
}
