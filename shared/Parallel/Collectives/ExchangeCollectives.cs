using Distributed.Tensors;
using System.Numerics;
using Distributed.Transports;
using static TorchSharp.torch;

namespace Distributed.Parallel.Collectives;

/// <summary>
/// Collectives over an <see cref="IExchange"/>. For a sum, each rank owns an even share of the elements, receives that share from
/// every rank, adds the shares in rank order, and sends the sums to all ranks. Each rank transfers 2 (N - 1) / N of the tensor in each
/// direction, as in a ring, but in two exchanges instead of 2 (N - 1), and the order of summation is the same for every element.
/// </summary>
/// <param name="exchange">
/// The group's exchange; the caller disposes it. No other exchange may be started on it while an operation runs.
/// </param>
/// <param name="epoch">The group's epoch.</param>
public sealed class ExchangeCollectives(IExchange exchange, long epoch = 0) : ICollectives, IDisposable
{
    /// <summary>Elements that an all-reduce sums at a time; this limits its scratch memory to 8 MiB times (N - 1) / N.</summary>
    private const long PieceElements = 1 << 20;

    private readonly ScratchMemory _scratch = new();
    private long _operation; // all ranks count the same operations, so a skipped operation is detected

    /// <summary>
    /// The job's step, for error messages. All ranks must set the same value before they start the same operation. Default: 0.
    /// </summary>
    public long Step { get; set; }

    /// <inheritdoc/>
    public int Rank => exchange.Rank;

    /// <inheritdoc/>
    public int Size => exchange.Size;

    /// <inheritdoc/>
    public void AllReduceSum(Tensor tensor)
    {
        var arguments = new CollectiveArguments(Rank, Size, nameof(AllReduceSum));
        arguments.CheckSummable(tensor);
        if (Size == 1) return;

        var (pointer, count) = (TensorMemory.Pointer(tensor), tensor.numel());
        switch (tensor.dtype)
        {
            case ScalarType.Float32: AllReduceSum<float>(pointer, count); break;
            case ScalarType.Float64: AllReduceSum<double>(pointer, count); break;
            default: AllReduceSum<long>(pointer, count); break;
        }
        GC.KeepAlive(tensor);
    }

    /// <inheritdoc/>
    public unsafe void AllReduceSum(Span<long> values)
    {
        fixed (long* pointer = values) AllReduceSum<long>((nint)pointer, values.Length);
    }

    /// <inheritdoc/>
    public unsafe void AllReduceSum(Span<double> values)
    {
        fixed (double* pointer = values) AllReduceSum<double>((nint)pointer, values.Length);
    }

    /// <inheritdoc/>
    public void ReduceScatterSum(Tensor input, Tensor output, ReadOnlySpan<long> counts)
    {
        var arguments = new CollectiveArguments(Rank, Size, nameof(ReduceScatterSum));
        arguments.CheckSummable(input);
        arguments.CheckShares(whole: input, share: output, counts);

        var shares = Shares.Of(counts);
        var (from, to) = (TensorMemory.Pointer(input), TensorMemory.Pointer(output));
        switch (input.dtype)
        {
            case ScalarType.Float32: ReduceScatterSum<float>(from, to, shares, ExchangePhase.ReduceScatter); break;
            case ScalarType.Float64: ReduceScatterSum<double>(from, to, shares, ExchangePhase.ReduceScatter); break;
            default: ReduceScatterSum<long>(from, to, shares, ExchangePhase.ReduceScatter); break;
        }
        _operation++;
        GC.KeepAlive(input);
        GC.KeepAlive(output);
    }

    /// <inheritdoc/>
    public void AllGather(Tensor input, Tensor output, ReadOnlySpan<long> counts)
    {
        new CollectiveArguments(Rank, Size, nameof(AllGather)).CheckShares(whole: output, share: input, counts);

        var shares = Shares.Of(counts);
        AllGather(TensorMemory.Pointer(input), TensorMemory.Pointer(output), shares, output.ElementSize, ExchangePhase.AllGather);
        _operation++;
        GC.KeepAlive(input);
        GC.KeepAlive(output);
    }

    /// <inheritdoc/>
    public unsafe byte[][] AllGatherBytes(ReadOnlySpan<byte> bytes)
    {
        var lengths = new long[Size];
        lengths[Rank] = bytes.Length;
        fixed (long* pointer = lengths)
        {
            var one = Shares.Of(Enumerable.Repeat(1L, Size).ToArray());
            AllGather((nint)(pointer + Rank), (nint)pointer, one, sizeof(long), ExchangePhase.AllGather);
        }

        var shares = Shares.Of(lengths);
        var all = _scratch.Reserve(shares.Total);
        fixed (byte* pointer = bytes) AllGather((nint)pointer, all, shares, 1, ExchangePhase.AllGather, stage: 1);
        _operation++;
        return [.. Enumerable.Range(0, Size).Select(
            rank => new ReadOnlySpan<byte>((byte*)all + shares.Begin(rank), checked((int)shares.Count(rank))).ToArray())];
    }

    /// <inheritdoc/>
    public void Broadcast(Tensor tensor, int root)
    {
        new CollectiveArguments(Rank, Size, nameof(Broadcast)).CheckRoot(tensor, root);
        if (Size == 1) return;

        var buffer = new ExchangeBuffer(TensorMemory.Pointer(tensor), tensor.numel() * tensor.ElementSize);
        var (send, receive) = (new ExchangeBuffer[Size], new ExchangeBuffer[Size]);
        if (Rank == root) Array.Fill(send, buffer);
        receive[root] = buffer;
        Exchange(ExchangePhase.Broadcast, stage: 0, send, receive);
        _operation++;
        GC.KeepAlive(tensor);
    }

    /// <inheritdoc/>
    public void Barrier()
    {
        if (Size == 1) return;
        Exchange(ExchangePhase.Barrier, stage: 0, new ExchangeBuffer[Size], new ExchangeBuffer[Size]);
        _operation++;
    }

    /// <summary>Frees the scratch memory; does not dispose the exchange.</summary>
    public void Dispose() => _scratch.Dispose();

    private unsafe void AllReduceSum<T>(nint values, long count)
        where T : unmanaged, INumber<T>
    {
        if (Size == 1) return;
        for (long begin = 0, stage = 0; begin < count || stage == 0; begin += PieceElements, stage += 2)
        {
            var shares = Shares.Even(Math.Min(PieceElements, count - begin), Size);
            var piece = values + (nint)(begin * sizeof(T));
            var own = piece + (nint)(shares.Begin(Rank) * sizeof(T));
            ReduceScatterSum<T>(piece, own, shares, ExchangePhase.AllReduce, (int)stage);
            AllGather(own, piece, shares, sizeof(T), ExchangePhase.AllReduce, (int)stage + 1);
        }
        _operation++;
    }

    // The output may be this rank's own slice of the input: it is written after all slices have been received.
    private unsafe void ReduceScatterSum<T>(nint input, nint output, Shares shares, ExchangePhase phase, int stage = 0)
        where T : unmanaged, INumber<T>
    {
        var bytes = shares.Count(Rank) * sizeof(T);
        var scratch = _scratch.Reserve(bytes * (Size - 1));
        var (send, receive) = (new ExchangeBuffer[Size], new ExchangeBuffer[Size]);
        for (var peer = 0; peer < Size; peer++)
        {
            send[peer] = new ExchangeBuffer(input + (nint)(shares.Begin(peer) * sizeof(T)), shares.Count(peer) * sizeof(T));
            receive[peer] = peer == Rank
                ? send[peer] // this rank's own part is read in place
                : new ExchangeBuffer(scratch + (nint)(bytes * (peer < Rank ? peer : peer - 1)), bytes);
        }
        Exchange(phase, stage, send, receive);
        OrderedSum.Of<T>([.. receive.Select(part => part.Pointer)], output, shares.Count(Rank));
    }

    private void AllGather(nint input, nint output, Shares shares, long elementSize, ExchangePhase phase, int stage = 0)
    {
        var (send, receive) = (new ExchangeBuffer[Size], new ExchangeBuffer[Size]);
        for (var peer = 0; peer < Size; peer++)
        {
            send[peer] = new ExchangeBuffer(input, shares.Count(Rank) * elementSize);
            receive[peer] = new ExchangeBuffer(output + (nint)(shares.Begin(peer) * elementSize), shares.Count(peer) * elementSize);
        }
        Exchange(phase, stage, send, receive);
    }

    private void Exchange(ExchangePhase phase, int stage, ExchangeBuffer[] send, ExchangeBuffer[] receive) =>
        exchange.Start(new ExchangeTag(epoch, Step, MicroBatch: unchecked((int)_operation), Layer: stage, phase), send, receive).Wait();
}
