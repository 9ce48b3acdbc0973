using Distributed.Tensors;
using Distributed.Transports;
using static TorchSharp.torch;

namespace Distributed.Parallel.Dispatch;

/// <summary>All-to-all of the rows of a matrix. Sent rows are sorted by destination rank, received rows by source rank.</summary>
internal sealed class RowExchange(IExchange exchange)
{
    private readonly long[] _oneEach = [.. Enumerable.Repeat(1L, exchange.Size)];

    /// <summary>
    /// Starts to send every rank the number of rows that it will receive. The result is the number from each rank, [ranks, 1].
    /// </summary>
    public MovingRows StartCounts(ExchangeTag tag, long[] toEach)
    {
        using var counts = tensor(toEach, [toEach.Length, 1]);
        return Start(tag, counts, _oneEach, _oneEach);
    }

    /// <summary>Starts to send rows. The caller may dispose <paramref name="rows"/> afterwards; the exchange holds its memory.</summary>
    public MovingRows Start(ExchangeTag tag, Tensor rows, IReadOnlyList<long> send, IReadOnlyList<long> receive)
    {
        var sent = rows.contiguous().DetachFromDisposeScope();
        var received = empty([receive.Sum(), rows.size(1)], rows.dtype).DetachFromDisposeScope();
        var rowBytes = rows.size(1) * rows.ElementSize;
        return new MovingRows(sent, received, exchange.Start(tag, Buffers(sent, send, rowBytes), Buffers(received, receive, rowBytes)));
    }

    private static ExchangeBuffer[] Buffers(Tensor rows, IReadOnlyList<long> counts, long rowBytes)
    {
        var at = TensorMemory.Pointer(rows);
        var buffers = new ExchangeBuffer[counts.Count];
        for (var rank = 0; rank < counts.Count; rank++)
        {
            buffers[rank] = new ExchangeBuffer(at, counts[rank] * rowBytes);
            at += (nint)buffers[rank].Bytes;
        }

        return buffers;
    }
}

/// <summary>Rows in flight. Holds send and receive memory until the exchange is complete, independent of dispose scopes.</summary>
internal sealed class MovingRows(Tensor sent, Tensor received, IExchangeHandle handle) : IDisposable
{
    /// <summary>
    /// Waits until all rows have arrived and this rank's have been sent. The result belongs to the caller's dispose scope.
    /// </summary>
    public Tensor Wait()
    {
        handle.Wait();
        var result = received.alias();
        Dispose();
        return result;
    }

    public void Dispose()
    {
        sent.Dispose();
        received.Dispose();
    }
}
