namespace Distributed.Transports;

/// <summary>
/// One rank's end of an all-to-all-v between the ranks of a group: each rank sends a buffer to every rank,
/// itself included, and receives one from every rank.
/// <para>Effects</para>
/// <list type="number">
/// <item>The n-th <see cref="Start"/> of every rank together make the n-th exchange of the group, so all
/// ranks start the same exchanges in the same order. Several may be in flight, and their handles may be
/// waited for in any order, another one on each rank.</item>
/// <item><see cref="Start"/> never waits for another rank. It may copy what is ready to be copied.</item>
/// <item>From <see cref="Start"/> until the handle's <see cref="IExchangeHandle.Wait"/> has returned or thrown,
/// the buffers belong to the exchange: they stay allocated, the caller does not write to what it sends and
/// does not touch what it receives. The spans themselves are read before <see cref="Start"/> returns.</item>
/// <item><see cref="IExchangeHandle.Wait"/> returns when all that this rank receives has arrived and all that it
/// sends has been taken. That takes every rank's <see cref="Start"/>, also where nothing but empty buffers
/// pass: an exchange of empty buffers is a barrier.</item>
/// <item><see cref="Abort"/> fences the whole group, for good: every rank that waits leaves at once with an
/// <see cref="ExchangeAbortedException"/>, and later starts get the same. An exchange that was complete on a
/// rank stays complete there. When a call has ended with an exception, nothing reads or writes the calling
/// rank's buffers any more. The first abort is the one that is reported.</item>
/// <item>A rank that disposes its end with exchanges in flight aborts the group. One that has none leaves it:
/// the group is aborted when another rank starts an exchange which the one that left has not started.</item>
/// </list>
/// <para>Refusals</para>
/// <list type="number">
/// <item><see cref="ArgumentException"/>: not one send and one receive buffer for each rank, a negative length,
/// or a null pointer with a length. Nothing has happened; the group goes on.</item>
/// <item><see cref="ExchangeMismatchException"/>: the tag differs from another rank's in the same exchange, or
/// the length of a buffer from what the peer sends or expects. It names both ranks and both values, is thrown
/// to the rank that found it, and aborts the group.</item>
/// <item><see cref="ExchangeTimeoutException"/>: a wait lasted longer than <see cref="ExchangeOptions.Timeout"/>.
/// It names the ranks that had not started the exchange, and aborts the group.</item>
/// <item><see cref="ExchangeAbortedException"/>: see effect 5.</item>
/// <item><see cref="ObjectDisposedException"/>: a start on an end that has been disposed.</item>
/// </list>
/// One thread at a time starts exchanges on an end; <see cref="Abort"/> may come from any thread.
/// </summary>
public interface IExchange : IDisposable
{
    /// <summary>This end's rank, in [0, <see cref="Size"/>).</summary>
    int Rank { get; }

    /// <summary>The number of ranks in the group.</summary>
    int Size { get; }

    /// <summary>Starts this rank's next exchange.</summary>
    /// <param name="tag">The same on every rank.</param>
    /// <param name="send">One buffer for each destination rank.</param>
    /// <param name="receive">One buffer for each source rank, of exactly the length that it sends.</param>
    IExchangeHandle Start(ExchangeTag tag, ReadOnlySpan<ExchangeBuffer> send, ReadOnlySpan<ExchangeBuffer> receive);

    /// <summary>Fences the group, naming this rank and <paramref name="reason"/> to all others.</summary>
    void Abort(Exception reason);
}
