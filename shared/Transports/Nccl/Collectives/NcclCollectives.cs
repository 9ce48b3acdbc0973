namespace Distributed.Transports.Nccl;

/// <summary>
/// NCCL's collectives on the communicator of an <see cref="NcclExchange"/>. All ranks start the same operations, exchanges and collectives
/// together, in the same order. Buffers are host memory and are staged like those of an exchange.
/// <para>Effects</para>
/// <list type="number">
/// <item>An operation returns when its result is complete on this rank and its arguments may be reused.</item>
/// <item>NCCL chooses the order of a sum. It is the same on every rank, differs from the order of the ranks, and may change with the number
/// of ranks, the machine and the version.</item>
/// </list>
/// <para>Refusals</para>
/// <list type="number">
/// <item><see cref="ArgumentException"/>, before anything is sent: a pointer is null and its count is not 0, a count is negative, there is
/// not one count for each rank, the root is not a rank, or the type cannot be reduced.</item>
/// <item>The exceptions of <see cref="NcclExchange"/>, also if the ranks disagree on the operation, on a length in bytes or on the root.
/// Agreement on the type and on the reduction is not checked.</item>
/// </list>
/// Only one thread at a time may start operations.
/// </summary>
/// <param name="exchange">Exchange of the group; the collectives do not dispose it.</param>
/// <param name="epoch">Epoch of the group.</param>
public sealed class NcclCollectives(NcclExchange exchange, long epoch = 0)
{
    private long _operation;

    /// <summary>Rank of this end in the group, in [0, <see cref="Size"/>).</summary>
    public int Rank => exchange.Rank;

    /// <summary>The number of ranks in the group.</summary>
    public int Size => exchange.Size;

    /// <summary>All-reduce: replaces the values on every rank by their reduction over all ranks.</summary>
    /// <param name="values">Host memory of <paramref name="count"/> elements.</param>
    /// <param name="count">Number of elements, the same on every rank; 0 or more.</param>
    /// <param name="type">Type of the elements, any but <see cref="NcclDataType.UInt8"/>.</param>
    /// <param name="reduction">The reduction.</param>
    public void AllReduce(nint values, long count, NcclDataType type, NcclReduction reduction = NcclReduction.Sum)
    {
        var bytes = CheckValues(values, count, type);
        CheckReduction(type, reduction);
        Run(new InPlaceTransfer(Tag(ExchangePhase.AllReduce), Rank, values, bytes, root: null,
            (nccl, at) => nccl.AllReduce(at, count, type, reduction)));
    }

    /// <summary>Reduce-scatter: reduces over all ranks; each rank receives its slice of the result.</summary>
    /// <param name="input">Host memory of sum(counts) elements. Unchanged, except where the output overlaps it.</param>
    /// <param name="output">Host memory of counts[Rank] elements; may be this rank's slice of the input.</param>
    /// <param name="counts">Number of elements of each rank's slice, by rank; 0 is allowed. Fastest if all are the same.</param>
    /// <param name="type">Type of the elements, any but <see cref="NcclDataType.UInt8"/>.</param>
    /// <param name="reduction">The reduction.</param>
    public void ReduceScatter(
        nint input, nint output, ReadOnlySpan<long> counts, NcclDataType type, NcclReduction reduction = NcclReduction.Sum)
    {
        var (bytes, longest) = CheckSlices(whole: input, share: output, counts, type);
        CheckReduction(type, reduction);
        Run(new SlicesTransfer(Tag(ExchangePhase.ReduceScatter), Rank, gathers: false, input, output, bytes, longest * type.Bytes(),
            (nccl, from, to) => nccl.ReduceScatter(from, to, longest, type, reduction)));
    }

    /// <summary>All-gather: every rank receives the slices of all ranks, one after the other.</summary>
    /// <param name="input">Host memory of counts[Rank] elements; may be this rank's slice of the output.</param>
    /// <param name="output">Host memory of sum(counts) elements.</param>
    /// <param name="counts">Number of elements of each rank's slice, by rank; 0 is allowed. Fastest if all are the same.</param>
    /// <param name="type">Type of the elements.</param>
    public void AllGather(nint input, nint output, ReadOnlySpan<long> counts, NcclDataType type)
    {
        var (bytes, longest) = CheckSlices(whole: output, share: input, counts, type);
        Run(new SlicesTransfer(Tag(ExchangePhase.AllGather), Rank, gathers: true, input, output, bytes, longest * type.Bytes(),
            (nccl, from, to) => nccl.AllGather(from, to, longest, type)));
    }

    /// <summary>Broadcast: replaces the values on every rank by those of the root.</summary>
    /// <param name="values">Host memory of <paramref name="count"/> elements.</param>
    /// <param name="count">Number of elements, the same on every rank; 0 or more.</param>
    /// <param name="type">Type of the elements.</param>
    /// <param name="root">Rank whose values are sent, in [0, <see cref="Size"/>).</param>
    public void Broadcast(nint values, long count, NcclDataType type, int root)
    {
        var bytes = CheckValues(values, count, type);
        if (root < 0 || root >= Size)
            throw new ArgumentOutOfRangeException(nameof(root), root, $"Rank {Rank}: the root must be in [0, {Size}).");
        Run(new InPlaceTransfer(Tag(ExchangePhase.Broadcast), Rank, values, bytes, root,
            (nccl, at) => nccl.Broadcast(at, count, type, root)));
    }

    /// <summary>Barrier: returns when every rank has called it.</summary>
    public void Barrier() => Run(new InPlaceTransfer(Tag(ExchangePhase.Barrier), Rank, 0, 0, root: null, (_, _) => { }));

    private ExchangeTag Tag(ExchangePhase phase) => new(epoch, Step: 0, MicroBatch: unchecked((int)_operation), Layer: 0, phase);

    private void Run(NcclTransfer transfer)
    {
        exchange.Start(transfer).Wait();
        _operation++;
    }

    private long CheckValues(nint values, long count, NcclDataType type)
    {
        var bytes = checked(Math.Max(count, 0) * type.Bytes());
        if (count < 0 || (count > 0 && values == 0))
        {
            throw new ArgumentException(
                $"Rank {Rank}: {count} elements at address {values}. A count must be 0 or more, and a count above 0 needs a pointer.",
                nameof(count));
        }
        return bytes;
    }

    private (long[] Bytes, long Longest) CheckSlices(nint whole, nint share, ReadOnlySpan<long> counts, NcclDataType type)
    {
        if (counts.Length != Size)
            throw new ArgumentException($"Rank {Rank}: {counts.Length} counts for {Size} ranks. Pass one for each rank.", nameof(counts));
        var (bytes, longest, total) = (new long[Size], 0L, 0L);
        for (var rank = 0; rank < Size; rank++)
        {
            bytes[rank] = CheckValues(rank == Rank ? share : whole, counts[rank], type);
            (longest, total) = (Math.Max(longest, counts[rank]), checked(total + counts[rank]));
        }
        _ = CheckValues(whole, total, type);
        return (bytes, longest);
    }

    private void CheckReduction(NcclDataType type, NcclReduction reduction)
    {
        if (type == NcclDataType.UInt8) throw new ArgumentException($"Rank {Rank}: {type} cannot be reduced.", nameof(type));
        if (!Enum.IsDefined(reduction)) throw new ArgumentOutOfRangeException(nameof(reduction), reduction, "The reduction is unknown.");
    }
}
