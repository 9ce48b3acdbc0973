namespace Distributed.Transports.Nccl;

/// <summary>
/// NCCL's own collectives on the communicator of an <see cref="NcclExchange"/>: all ranks start the same operations in the
/// same order, exchanges and collectives together. Buffers are host memory and are staged as an exchange's are.
/// <para>Effects</para>
/// <list type="number">
/// <item>An operation returns when its result is complete on this rank and its arguments are free again.</item>
/// <item>The order of a sum is NCCL's: the same on every rank, not that of the ranks, and another one for another size,
/// machine or version.</item>
/// </list>
/// <para>Refusals</para>
/// <list type="number">
/// <item><see cref="ArgumentException"/>, before anything is sent: a null pointer with a length, a negative count, not one
/// count for each rank, a root that is no rank, a type that cannot be reduced.</item>
/// <item>The exceptions of <see cref="NcclExchange"/>, also where the ranks disagree on the operation, on a length in
/// bytes or on the root. That they agree on the type and on how to reduce is not checked.</item>
/// </list>
/// One thread at a time starts operations.
/// </summary>
/// <param name="exchange">The group's exchange; not disposed here.</param>
/// <param name="epoch">The group's epoch.</param>
public sealed class NcclCollectives(NcclExchange exchange, long epoch = 0)
{
    private long _operation;

    /// <summary>This rank, in [0, <see cref="Size"/>).</summary>
    public int Rank => exchange.Rank;

    /// <summary>The number of ranks.</summary>
    public int Size => exchange.Size;

    /// <summary>Replaces the values on every rank by their reduction over all ranks.</summary>
    /// <param name="values">Host memory of <paramref name="count"/> elements.</param>
    /// <param name="count">Elements, the same on every rank; 0 or more.</param>
    /// <param name="type">Any but bytes.</param>
    /// <param name="reduction">How.</param>
    public void AllReduce(nint values, long count, NcclDataType type, NcclReduction reduction = NcclReduction.Sum)
    {
        var bytes = CheckValues(values, count, type);
        CheckReduction(type, reduction);
        Run(new InPlaceRound(Tag(ExchangePhase.AllReduce), Rank, values, bytes, root: null,
            (nccl, at) => nccl.AllReduce(at, count, type, reduction)));
    }

    /// <summary>Reduces over all ranks; each rank gets its own stretch of the result.</summary>
    /// <param name="input">Host memory of sum(counts) elements. Unchanged but for the output.</param>
    /// <param name="output">Host memory of counts[Rank] elements; may be this rank's own stretch of the input.</param>
    /// <param name="counts">Elements of each rank's stretch, by rank; 0 is allowed. Fastest where all are the same.</param>
    /// <param name="type">Any but bytes.</param>
    /// <param name="reduction">How.</param>
    public void ReduceScatter(
        nint input, nint output, ReadOnlySpan<long> counts, NcclDataType type, NcclReduction reduction = NcclReduction.Sum)
    {
        var (bytes, longest) = CheckStretches(whole: input, share: output, counts, type);
        CheckReduction(type, reduction);
        Run(new StretchesRound(Tag(ExchangePhase.ReduceScatter), Rank, gathers: false, input, output, bytes, longest * type.Bytes(),
            (nccl, from, to) => nccl.ReduceScatter(from, to, longest, type, reduction)));
    }

    /// <summary>Gives every rank the stretches of all ranks, one after the other.</summary>
    /// <param name="input">Host memory of counts[Rank] elements; may be this rank's own stretch of the output.</param>
    /// <param name="output">Host memory of sum(counts) elements.</param>
    /// <param name="counts">Elements of each rank's stretch, by rank; 0 is allowed. Fastest where all are the same.</param>
    /// <param name="type">Any.</param>
    public void AllGather(nint input, nint output, ReadOnlySpan<long> counts, NcclDataType type)
    {
        var (bytes, longest) = CheckStretches(whole: output, share: input, counts, type);
        Run(new StretchesRound(Tag(ExchangePhase.AllGather), Rank, gathers: true, input, output, bytes, longest * type.Bytes(),
            (nccl, from, to) => nccl.AllGather(from, to, longest, type)));
    }

    /// <summary>Replaces the values on every rank by the root's.</summary>
    /// <param name="values">Host memory of <paramref name="count"/> elements.</param>
    /// <param name="count">Elements, the same on every rank; 0 or more.</param>
    /// <param name="type">Any.</param>
    /// <param name="root">The rank whose values they are.</param>
    public void Broadcast(nint values, long count, NcclDataType type, int root)
    {
        var bytes = CheckValues(values, count, type);
        if (root < 0 || root >= Size) throw new ArgumentOutOfRangeException(nameof(root), root, $"Rank {Rank}: no rank of {Size}.");
        Run(new InPlaceRound(Tag(ExchangePhase.Broadcast), Rank, values, bytes, root,
            (nccl, at) => nccl.Broadcast(at, count, type, root)));
    }

    /// <summary>Returns when every rank has called it.</summary>
    public void Barrier() => Run(new InPlaceRound(Tag(ExchangePhase.Barrier), Rank, 0, 0, root: null, (_, _) => { }));

    private ExchangeTag Tag(ExchangePhase phase) => new(epoch, Step: 0, MicroBatch: unchecked((int)_operation), Layer: 0, phase);

    private void Run(NcclRound round)
    {
        exchange.Start(round).Wait();
        _operation++;
    }

    private long CheckValues(nint values, long count, NcclDataType type)
    {
        var bytes = checked(Math.Max(count, 0) * type.Bytes());
        if (count < 0 || (count > 0 && values == 0)) throw new ArgumentException($"Rank {Rank}: {count} elements at address {values}.", nameof(count));
        return bytes;
    }

    private (long[] Bytes, long Longest) CheckStretches(nint whole, nint share, ReadOnlySpan<long> counts, NcclDataType type)
    {
        if (counts.Length != Size) throw new ArgumentException($"Rank {Rank}: {counts.Length} counts for {Size} ranks.", nameof(counts));
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
        if (type == NcclDataType.UInt8) throw new ArgumentException($"Rank {Rank}: bytes are not reduced.", nameof(type));
        if (!Enum.IsDefined(reduction)) throw new ArgumentOutOfRangeException(nameof(reduction), reduction, "No reduction.");
    }
}
