namespace Distributed.Transports.Nccl;

/// <summary>
/// One rank's end of what NCCL cannot carry: aborts, and how far each rank is. It goes beside the communicator, for
/// example over the stream that each worker keeps open to its coordinator. Every epoch has a new one.
/// <para>Effects</para>
/// <list type="number">
/// <item>The first abort that any rank raises is the group's, for good: <see cref="Raised"/> completes with that one on
/// every rank, soon enough that all have left their operations within a second. Others are dropped.</item>
/// <item>A standing that a rank publishes is seen by the others after a while, best at once. One may be skipped where a
/// later one follows. Before the first, a rank has started nothing.</item>
/// <item>No call waits for another rank, and any thread may call.</item>
/// </list>
/// Aborts name ranks as the group's errors do, which may be by their numbers in a larger world; standings go by rank of the group.
/// Where <see cref="Raise"/> throws, the rank that called it is fenced all the same; the others leave by their time-outs.
/// </summary>
public interface INcclFence
{
    /// <summary>Completes, never with an exception, when the group is fenced.</summary>
    Task<NcclAbort> Raised { get; }

    /// <summary>Fences the group, if it is not yet.</summary>
    void Raise(NcclAbort abort);

    /// <summary>Tells the others how far this rank is. Called with every operation: costs next to nothing.</summary>
    void Publish(NcclStanding standing);

    /// <summary>The last that is known of a rank.</summary>
    NcclStanding StandingOf(int rank);
}
