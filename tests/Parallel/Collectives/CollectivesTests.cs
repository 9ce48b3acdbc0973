using Distributed.Parallel.Collectives;
using Distributed.Transports;
using Distributed.Transports.InMemory;
using TorchSharp;
using static TorchSharp.torch;
using Distributed.Transports.Tests;

namespace Distributed.Parallel.Tests.Collectives;

/// <summary>Runs ranks as threads and compares every result bit by bit with that of a single thread.</summary>
public sealed class CollectivesTests
{
    public static TheoryData<int, int> SizesAndLengths => new MatrixTheoryData<int, int>([1, 2, 3, 4, 5], [0, 1, 3, 17, 1000, 40_003]);

    [Theory]
    [MemberData(nameof(SizesAndLengths))]
    public void AllReduceSum_Float32_EqualsTheSumInRankOrderBitForBit(int size, int length)
    {
        var inputs = Inputs(size, length, (random, rank) => (float)(random.NextDouble() - 0.5) * MathF.Pow(10, rank));
        var expected = inputs.Aggregate((a, b) => [.. a.Zip(b, (x, y) => x + y)]);

        var results = Run(size, ranks =>
        {
            using var tensor = torch.tensor(inputs[ranks.Rank]);
            ranks.AllReduceSum(tensor);
            return tensor.data<float>().ToArray();
        });

        Assert.All(results, r => Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), r.Select(BitConverter.SingleToInt32Bits)));
    }

    [Theory]
    [MemberData(nameof(SizesAndLengths))]
    public void AllReduceSum_Float64Values_EqualsTheSumInRankOrderBitForBit(int size, int length)
    {
        var inputs = Inputs(size, length, (random, rank) => (random.NextDouble() - 0.5) * Math.Pow(10, 3 * rank));
        var expected = inputs.Aggregate((a, b) => [.. a.Zip(b, (x, y) => x + y)]);

        var results = Run(size, ranks =>
        {
            using var tensor = torch.tensor(inputs[ranks.Rank]);
            ranks.AllReduceSum(tensor);
            var values = inputs[ranks.Rank].ToArray();
            ranks.AllReduceSum(values.AsSpan());
            Assert.Equal(values, tensor.data<double>().ToArray());
            return values;
        });

        Assert.All(results, r => Assert.Equal(expected.Select(BitConverter.DoubleToInt64Bits), r.Select(BitConverter.DoubleToInt64Bits)));
    }

    [Theory]
    [MemberData(nameof(SizesAndLengths))]
    public void AllReduceSum_Int64_IsExact(int size, int length)
    {
        var inputs = Inputs(size, length, (random, _) => random.NextInt64(1L << 60));
        var expected = inputs.Aggregate((a, b) => [.. a.Zip(b, (x, y) => unchecked(x + y))]);

        var results = Run(size, ranks =>
        {
            using var tensor = torch.tensor(inputs[ranks.Rank]);
            ranks.AllReduceSum(tensor);
            var values = inputs[ranks.Rank].ToArray();
            ranks.AllReduceSum(values.AsSpan());
            Assert.Equal(values, tensor.data<long>().ToArray());
            return values;
        });

        Assert.All(results, r => Assert.Equal(expected, r));
    }

    [Fact]
    public void AllReduceSum_MoreElementsThanOnePiece_IsWhole()
    {
        const int Size = 3, Length = (1 << 20) + 12_345;

        Run(Size, ranks =>
        {
            using var scope = NewDisposeScope();
            var tensor = torch.arange(Length, dtype: ScalarType.Float64) * (ranks.Rank + 1);
            ranks.AllReduceSum(tensor);
            Assert.True((tensor == torch.arange(Length, dtype: ScalarType.Float64) * 6).all().item<bool>());
            return true;
        });
    }

    [Fact]
    public void AllReduceSum_ViewWithAnOffset_TouchesNothingElse()
    {
        Run(2, ranks =>
        {
            using var whole = torch.ones(4, 3);
            using var row = whole[2];
            ranks.AllReduceSum(row);
            Assert.Equal([1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1], whole.data<float>().ToArray());
            return true;
        });
    }

    [Fact]
    public void ReduceScatterThenAllGather_UnevenShares_EqualsTheAllReduce()
    {
        long[] counts = [5, 0, 2, 4];

        Run(counts.Length, ranks =>
        {
            using var scope = NewDisposeScope();
            var generator = new Generator((ulong)ranks.Rank + 1);
            var input = torch.randn(11, generator: generator);
            var expected = input.clone();
            ranks.AllReduceSum(expected);

            var share = torch.empty(counts[ranks.Rank]);
            ranks.ReduceScatterSum(input, share, counts);
            var whole = torch.empty(11);
            ranks.AllGather(share, whole, counts);

            Assert.Equal(expected.data<float>().ToArray(), whole.data<float>().ToArray());
            return true;
        });
    }

    [Fact]
    public void AllGather_InPlaceOfBFloat16_FillsTheOtherSlices()
    {
        long[] counts = [2, 3, 1];

        Run(3, ranks =>
        {
            using var scope = NewDisposeScope();
            var whole = torch.zeros(6, dtype: ScalarType.BFloat16);
            var own = whole.narrow(0, counts[..ranks.Rank].Sum(), counts[ranks.Rank]);
            own.fill_(ranks.Rank + 1);
            ranks.AllGather(own, whole, counts);
            Assert.Equal([1, 1, 2, 2, 2, 3], whole.to(ScalarType.Float32).data<float>().ToArray());
            return true;
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void AllGatherBytes_UnevenLengths_AreIndexedByRank(int size)
    {
        Run(size, ranks =>
        {
            var all = ranks.AllGatherBytes(Enumerable.Repeat((byte)(ranks.Rank + 7), ranks.Rank * 5).ToArray());
            Assert.Equal(size, all.Length);
            for (var rank = 0; rank < size; rank++) Assert.Equal(Enumerable.Repeat((byte)(rank + 7), rank * 5), all[rank]);
            return true;
        });
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(4, 0)]
    [InlineData(4, 3)]
    public void Broadcast_FromAnyRoot_ReplacesEveryTensor(int size, int root)
    {
        Run(size, ranks =>
        {
            using var tensor = torch.full([2, 3], (float)ranks.Rank);
            ranks.Broadcast(tensor, root);
            ranks.Barrier();
            Assert.All(tensor.data<float>().ToArray(), value => Assert.Equal(root, value));
            return true;
        });
    }

    internal static T[] Run<T>(int size, Func<ICollectives, T> body)
    {
        var fabric = new InMemoryFabric(size);
        var results = new T[size];
        RankThreads.Run(size, rank =>
        {
            using var end = fabric.Endpoint(rank);
            using var collectives = new ExchangeCollectives(end);
            try
            {
                results[rank] = body(collectives);
            }
            catch (Exception e) when (e is not ExchangeAbortedException)
            {
                end.Abort(e); // so that the other ranks do not wait for this one
                throw;
            }
        });
        return results;
    }

    private static T[][] Inputs<T>(int size, int length, Func<Random, int, T> draw) =>
        [.. Enumerable.Range(0, size).Select(rank =>
        {
            var random = new Random(rank + 1);
            return Enumerable.Range(0, length).Select(_ => draw(random, rank)).ToArray();
        })];
}
