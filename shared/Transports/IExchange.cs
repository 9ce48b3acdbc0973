namespace Distributed.Transports;

/// <summary>
/// One rank's end of an all-to-all-v between the ranks of a group: each rank sends a buffer to every rank, itself included, and receives
/// a buffer from every rank.
/// <para>Effects</para>
/// <list type="number">
/// <item>The n-th <see cref="Start"/> calls of all ranks form the n-th exchange of the group, so all ranks start the same exchanges in the
/// same order. Several exchanges may be in flight. Each rank may wait for their handles in any order.</item>
/// <item><see cref="Start"/> never waits for another rank. It may copy bytes that are ready.</item>
/// <item>From <see cref="Start"/> until the handle's <see cref="IExchangeHandle.Wait"/> has returned or thrown, the buffers belong to the
/// exchange: they stay allocated, and the caller does not write to send buffers and does not access receive buffers. The spans
/// themselves are read before <see cref="Start"/> returns.</item>
/// <item><see cref="IExchangeHandle.Wait"/> returns when all bytes for this rank have arrived and all its send buffers are read. This
/// requires every rank's <see cref="Start"/>, also if all buffers are empty: an exchange of empty buffers is a barrier.</item>
/// <item><see cref="Abort"/> fences the whole group permanently: every waiting rank leaves at once with an
/// <see cref="ExchangeAbortedException"/>, and later starts throw the same. An exchange that was complete on a rank stays complete there.
/// After a call has thrown, nothing reads or writes the buffers of the calling rank. All ranks report the first abort.</item>
/// <item>A rank that disposes its end with exchanges in flight aborts the group. A rank that disposes its end without any leaves the group:
/// the group is aborted when another rank starts an exchange that the rank that left has not started.</item>
/// </list>
/// <para>Refusals</para>
/// <list type="number">
/// <item><see cref="ArgumentException"/>: there is not one send and one receive buffer for each rank, a length is negative, or a pointer is
/// null and its length is not 0. The call has no effect, and the group continues.</item>
/// <item><see cref="ExchangeMismatchException"/>: the tag differs from another rank's tag of the same exchange, or the length of a buffer
/// differs from what the peer sends or expects. The exception names both ranks and both values, is thrown on the rank that found the
/// mismatch, and aborts the group.</item>
/// <item><see cref="ExchangeTimeoutException"/>: a wait took longer than <see cref="ExchangeOptions.Timeout"/>. The exception names the
/// ranks that have not started the exchange, and aborts the group.</item>
/// <item><see cref="ExchangeAbortedException"/>: see effect 5.</item>
/// <item><see cref="ObjectDisposedException"/>: <see cref="Start"/> is called on a disposed end.</item>
/// </list>
/// Only one thread at a time may start exchanges on an end. <see cref="Abort"/> may be called from any thread.
/// </summary>
public interface IExchange : IDisposable
{
    /// <summary>Rank of this end in the group, in [0, <see cref="Size"/>).</summary>
    int Rank { get; }

    /// <summary>The number of ranks in the group.</summary>
    int Size { get; }

    /// <summary>Starts this rank's next exchange.</summary>
    /// <param name="tag">Purpose of the exchange, the same on every rank.</param>
    /// <param name="send">One buffer for each destination rank.</param>
    /// <param name="receive">One buffer for each source rank, of exactly the length that the source sends.</param>
    IExchangeHandle Start(ExchangeTag tag, ReadOnlySpan<ExchangeBuffer> send, ReadOnlySpan<ExchangeBuffer> receive);

    /// <summary>Fences the group. All other ranks receive this rank and <paramref name="reason"/>.</summary>
    void Abort(Exception reason);
}
