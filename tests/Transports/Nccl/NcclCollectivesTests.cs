using System.Runtime.InteropServices;
using Distributed.Transports.Nccl;

namespace Distributed.Transports.Tests.Nccl;

/// <summary>Collectives of 1, 2 and 4 ranks over a library with NCCL's interface. All values are exact in their type.</summary>
public sealed class NcclCollectivesTests
{
    public static TheoryData<int, NcclDataType, NcclReduction> Reductions()
    {
        var data = new TheoryData<int, NcclDataType, NcclReduction>();
        foreach (var size in (ReadOnlySpan<int>)[1, 2, 4])
            foreach (var type in (ReadOnlySpan<NcclDataType>)[NcclDataType.Float32, NcclDataType.Float64, NcclDataType.BFloat16,
                NcclDataType.Int64])
                foreach (var reduction in (ReadOnlySpan<NcclReduction>)[NcclReduction.Sum, NcclReduction.Max])
                    data.Add(size, type, reduction);
        return data;
    }

    [Theory]
    [MemberData(nameof(Reductions))]
    public void AllReduce_AnyType_GivesEveryRankTheReduction(
        int size, NcclDataType type, NcclReduction reduction) => Run(size, collectives =>
    {
        const int Count = 1_003;
        using var values = Values(Count, i => Value(collectives.Rank, i), type);
        collectives.AllReduce(values.Buffer.Pointer, Count, type, reduction);
        AssertAre(Count, i => Reduced(size, i, reduction), values, type);
    });

    [Theory]
    [MemberData(nameof(Reductions))]
    public void ReduceScatter_UnevenSlices_GivesEachRankItsOwn(
        int size, NcclDataType type, NcclReduction reduction) => Run(size, collectives =>
    {
        var (counts, begin) = Counts(size, collectives.Rank);
        using var input = Values((int)counts.Sum(), i => Value(collectives.Rank, i), type);
        using var output = new NativeBytes((int)counts[collectives.Rank] * type.Bytes());
        collectives.ReduceScatter(input.Buffer.Pointer, output.Buffer.Pointer, counts, type, reduction);
        AssertAre((int)counts[collectives.Rank], i => Reduced(size, begin + i, reduction), output, type);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void AllGather_UnevenSlices_GivesEveryRankAll(int size) => Run(size, collectives =>
    {
        var (counts, begin) = Counts(size, collectives.Rank);
        using var input = Values((int)counts[collectives.Rank], i => Value(0, begin + i), NcclDataType.Float32);
        using var output = new NativeBytes((int)counts.Sum() * sizeof(float));
        collectives.AllGather(input.Buffer.Pointer, output.Buffer.Pointer, counts, NcclDataType.Float32);
        AssertAre((int)counts.Sum(), i => Value(0, i), output, NcclDataType.Float32);
    });

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(4, 2)]
    public void Broadcast_FromAnyRoot_GivesEveryRankItsValues(int size, int root) => Run(size, collectives =>
    {
        using var values = Values(77, i => Value(collectives.Rank, i), NcclDataType.UInt8);
        collectives.Broadcast(values.Buffer.Pointer, 77, NcclDataType.UInt8, root);
        AssertAre(77, i => Value(root, i), values, NcclDataType.UInt8);
    });

    [Fact]
    public void Operations_OfAllKindsOnOneCommunicator_KeepTheirOrder() => Run(3, collectives =>
    {
        using var values = Values(5, _ => 1, NcclDataType.Int64);
        for (var round = 0; round < 10; round++)
        {
            collectives.Barrier();
            collectives.AllReduce(values.Buffer.Pointer, 5, NcclDataType.Int64);
            collectives.AllReduce(0, 0, NcclDataType.Float64);
            collectives.Broadcast(values.Buffer.Pointer, 5, NcclDataType.Int64, round % 3);
        }
        AssertAre(5, _ => (long)Math.Pow(3, 10), values, NcclDataType.Int64);
    });

    public static TheoryData<string> Disagreements() => ["AllReduce", "ReduceScatter", "AllGather", "Broadcast"];

    [Theory]
    [MemberData(nameof(Disagreements))]
    public void Operations_RanksDisagree_AreRefusedInsteadOfHanging(string operation)
    {
        var ends = TestNccl.Connect(2);
        var thrown = RankThreads.Catch(2, rank =>
        {
            using NativeBytes input = new(64), output = new(64);
            var (from, to, other) = (input.Buffer.Pointer, output.Buffer.Pointer, 1 - rank);
            var collectives = new NcclCollectives(ends[rank]);
            switch (operation)
            {
                case "AllReduce": collectives.AllReduce(from, 4 + rank, NcclDataType.Float64); break;
                case "ReduceScatter": collectives.ReduceScatter(from, to, [1 + rank, 1 + other], NcclDataType.Float64); break;
                case "AllGather": collectives.AllGather(from, to, [1 + rank, 1 + other], NcclDataType.Float64); break;
                default: collectives.Broadcast(from, 4, NcclDataType.Float64, root: rank); break;
            }
        });

        Assert.Contains(operation, Assert.Single(thrown.OfType<ExchangeMismatchException>()).Message);
        Assert.Single(thrown.OfType<ExchangeAbortedException>());
        foreach (var end in ends) end.Dispose();
    }

    [Fact]
    public void Operations_WrongArguments_AreRefusedAndTheGroupContinues() => Run(2, collectives =>
    {
        Assert.Throws<ArgumentException>(() => collectives.AllReduce(0, 1, NcclDataType.Float32));
        Assert.Throws<ArgumentException>(() => collectives.AllReduce(8, -1, NcclDataType.Float32));
        Assert.Throws<ArgumentException>(() => collectives.AllReduce(8, 1, NcclDataType.UInt8));
        Assert.Throws<ArgumentException>(() => collectives.AllGather(8, 8, [1], NcclDataType.Float32));
        Assert.Throws<ArgumentException>(() => collectives.ReduceScatter(0, 8, [1, 1], NcclDataType.Float32));
        Assert.Throws<ArgumentOutOfRangeException>(() => collectives.Broadcast(8, 1, NcclDataType.Float32, root: 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => collectives.AllReduce(8, 1, (NcclDataType)99));
        collectives.Barrier();
    });

    private static void Run(int size, Action<NcclCollectives> body)
    {
        var ends = TestNccl.Connect(size);
        RankThreads.Run(size, rank =>
        {
            using var end = ends[rank];
            body(new NcclCollectives(end, epoch: 3));
            new NcclCollectives(end, epoch: 4).Barrier(); // no rank leaves before all are done
        });
    }

    private static (long[] Counts, int Begin) Counts(int size, int rank)
    {
        long[] counts = [.. Enumerable.Range(0, size).Select(r => (long)(r == 1 ? 0 : 5 + 3 * r))];
        return (counts, (int)counts.Take(rank).Sum());
    }

    private static long Value(int rank, int i) => (i * 7 + rank * 5) % 31;

    private static long Reduced(int size, int i, NcclReduction reduction)
    {
        var values = Enumerable.Range(0, size).Select(rank => Value(rank, i)).ToArray();
        return reduction == NcclReduction.Sum ? values.Sum() : values.Max();
    }

    private static NativeBytes Values(int count, Func<int, long> value, NcclDataType type)
    {
        var memory = new NativeBytes(count * type.Bytes());
        for (var i = 0; i < count; i++)
        {
            var at = memory.Bytes[(i * type.Bytes())..];
            switch (type)
            {
                case NcclDataType.UInt8: at[0] = (byte)value(i); break;
                case NcclDataType.Int64: MemoryMarshal.Write(at, value(i)); break;
                case NcclDataType.Float32: MemoryMarshal.Write(at, (float)value(i)); break;
                case NcclDataType.Float64: MemoryMarshal.Write(at, (double)value(i)); break;
                default: MemoryMarshal.Write(at, (ushort)(BitConverter.SingleToUInt32Bits(value(i)) >> 16)); break;
            }
        }
        return memory;
    }

    private static void AssertAre(int count, Func<int, long> expected, NativeBytes actual, NcclDataType type)
    {
        using var values = Values(count, expected, type);
        Assert.True(values.Bytes.SequenceEqual(actual.Bytes));
        Assert.True(actual.IsGuardIntact);
    }
}
