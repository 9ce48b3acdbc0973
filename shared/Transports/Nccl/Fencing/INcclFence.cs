namespace Distributed.Transports.Nccl;

/// <summary>
/// One rank's end of what NCCL does not carry: aborts, and the progress of each rank. It works beside the communicator, for example over
/// the stream between each worker and its coordinator. Every epoch has a new fence.
/// <para>Effects</para>
/// <list type="number">
/// <item>The first abort that any rank raises is the abort of the group, permanently: <see cref="Raised"/> completes with it on every rank,
/// soon enough that all ranks have left their operations within a second. Later aborts are dropped.</item>
/// <item>Other ranks receive a published progress value with a delay. A value may be skipped if a later one follows.
/// Before the first value, a rank has started nothing.</item>
/// <item>No call waits for another rank. Any thread may call.</item>
/// </list>
/// Aborts name ranks as the errors of the group do, which may be by world rank; <see cref="ProgressOf"/> takes a rank of the group.
/// If <see cref="Raise"/> throws, the calling rank is fenced nevertheless; the others leave by their time-outs.
/// </summary>
public interface INcclFence
{
    /// <summary>Completes, never with an exception, when the group is fenced.</summary>
    Task<NcclAbort> Raised { get; }

    /// <summary>Fences the group unless it is fenced.</summary>
    void Raise(NcclAbort abort);

    /// <summary>Sends the progress of this rank to the others. Called with every operation, so it must be cheap.</summary>
    void Publish(NcclProgress progress);

    /// <summary>Returns the last known progress of a rank of the group.</summary>
    NcclProgress ProgressOf(int rank);
}
