using Distributed.Tensors;
using Distributed.Transports;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Parallel.Dispatch;

/// <summary>All-to-all of the rows of a matrix: rows to rank 0 lie first, then those to rank 1, and so on; received ones likewise.</summary>
internal sealed class RowExchange(IExchange exchange)
{
    /// <summary>Tells every rank how many rows it will get, and returns how many come from each.</summary>
    public unsafe long[] Counts(ExchangeTag tag, long[] toEach)
    {
        var fromEach = new long[exchange.Size];
        fixed (long* send = toEach, receive = fromEach)
        {
            var (outgoing, incoming) = (new ExchangeBuffer[exchange.Size], new ExchangeBuffer[exchange.Size]);
            for (var rank = 0; rank < exchange.Size; rank++)
            {
                outgoing[rank] = new ExchangeBuffer((nint)(send + rank), sizeof(long));
                incoming[rank] = new ExchangeBuffer((nint)(receive + rank), sizeof(long));
            }

            exchange.Start(tag, outgoing, incoming).Wait();
        }

        return fromEach;
    }

    /// <summary>Starts to move rows; <paramref name="rows"/> may be released afterwards, its memory is held.</summary>
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

/// <summary>Rows on their way; holds the memory on both sides until they have been waited for, whatever dispose scopes end meanwhile.</summary>
internal sealed class MovingRows(Tensor sent, Tensor received, IExchangeHandle handle) : IDisposable
{
    /// <summary>Waits until all rows have arrived and this rank's have been taken. They belong to the caller's dispose scope.</summary>
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
