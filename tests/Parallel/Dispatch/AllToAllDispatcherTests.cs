using Distributed.Transports.Tests;
using System.Collections.Immutable;
using Distributed.Parallel.Dispatch;
using Distributed.Transports;
using Distributed.Transports.InMemory;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Parallel.Tests.Dispatch;

public sealed class AllToAllDispatcherTests
{
    private const int Experts = 5, Slots = 2, Width = 3;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Dispatch_AnyShares_SendsEachTokenOncePerRankWithItsWeights(int ranks)
    {
        var locations = Locations(ranks);
        var received = OnEveryRank(ranks, (rank, dispatcher) =>
        {
            var (tokens, experts, weights) = Inputs(rank);
            using var plan = dispatcher.Plan(new DispatchTag(0, 0, 0), locations, experts).Wait();
            var (rows, slots) = dispatcher.Dispatch(plan, tokens, weights).Wait();

            var distinct = Enumerable.Range(0, (int)tokens.shape[0])
                .Sum(t => Enumerable.Range(0, Slots).Select(k => locations.RankOf((int)experts[t, k].item<long>())).Distinct().Count());
            Assert.Equal(distinct, plan.SendRows.Sum());
            Assert.Equal(tokens.shape[0] * Slots, plan.Load.Sum());
            var used = slots.flatten().index_select(0, plan.Assignments.Slots);
            return (Rows: rows.shape[0], Assignments: plan.Assignments.Count, Weights: used.sum().ToDouble());
        });

        var all = Enumerable.Range(0, ranks).Select(Inputs).ToArray();
        Assert.Equal(all.Sum(input => input.Tokens.shape[0]) * Slots, received.Sum(rank => rank.Assignments)); // no token is dropped
        Assert.Equal(all.Sum(input => input.Weights.sum().ToDouble()), received.Sum(rank => rank.Weights), 1e-12);
    }

    [Fact]
    public void Plan_OfAnotherLayerThanTheOtherRank_IsNamedWithTheEpochAndTheStep()
    {
        var fabric = new InMemoryFabric(2, new ExchangeOptions { Timeout = TimeSpan.FromMinutes(1) });

        var thrown = RankThreads.Catch(2, rank =>
        {
            using var scope = NewDisposeScope();
            new AllToAllDispatcher(fabric.Endpoint(rank), TimeProvider.System,
                epoch: 4).Plan(new DispatchTag(7, 0, Layer: 1 + rank), Locations(2), Inputs(rank).Experts).Wait();
        });

        var mismatch = Assert.Single(thrown.OfType<ExchangeMismatchException>()).Message;
        Assert.Contains("Counts of epoch 4, step 7, micro-batch 0, layer 1", mismatch, StringComparison.Ordinal);
        Assert.Contains("Counts of epoch 4, step 7, micro-batch 0, layer 2", mismatch, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Backward_OfDispatchAndCombine_IsTheAdjointOfTheForward(int ranks)
    {
        var locations = Locations(ranks);
        var sides = OnEveryRank(ranks, (rank, dispatcher) =>
        {
            var (tokens, experts, weights) = Inputs(rank);
            using var plan = dispatcher.Plan(new DispatchTag(0, 0, 0), locations, experts).Wait();
            var (rows, slots) = dispatcher.Dispatch(plan, tokens, weights).Wait();

            // Weights of experts on other ranks have no gradient on the receiving rank.
            var usedSlots = zeros(slots.numel(), ScalarType.Float64).index_fill_(0, plan.Assignments.Slots, 1).view_as(slots);
            var (rowGradient, slotGradient) = (Random(rows.shape, rank + 10), Random(slots.shape, rank + 20) * usedSlots);
            var (tokenGradient, weightGradient) = dispatcher.DispatchBackward(plan, rowGradient, slotGradient).Wait();
            var forward = (rows * rowGradient).sum().ToDouble() + (slots * slotGradient).sum().ToDouble();
            var backward = (tokens * tokenGradient).sum().ToDouble() + (weights * weightGradient).sum().ToDouble();

            var sums = Random(rows.shape, rank + 30);
            var returned = dispatcher.Combine(plan, sums).Wait();
            var returnedGradient = Random(returned.shape, rank + 40);
            forward += (returned * returnedGradient).sum().ToDouble();
            backward += (sums * dispatcher.CombineBackward(plan, returnedGradient).Wait()).sum().ToDouble();
            return (forward, backward);
        });
        Assert.Equal(sides.Sum(side => side.forward), sides.Sum(side => side.backward), 1e-9);
    }

    [Fact]
    public void Plan_RankWithoutTokens_TakesPart()
    {
        var counts = OnEveryRank(2, (rank, dispatcher) =>
        {
            using var experts = rank == 0 ? tensor(new long[] { 0, 3 }, [1, 2]) : zeros(0, 2, ScalarType.Int64);
            using var plan = dispatcher.Plan(new DispatchTag(0, 0, 0), Locations(2), experts).Wait();
            Assert.Contains("have not arrived", Assert.Throws<InvalidOperationException>(() => plan.Assignments).Message);
            return (plan.SendRows.Sum(), plan.ReceiveRows.Sum());
        });
        Assert.Equal([(2, 1), (0, 1)], counts);
    }

    private static ExpertLocations Locations(int ranks) => new(Experts,
        [.. Enumerable.Range(0, ranks)
            .Select(rank => Enumerable.Range(0, Experts).Where(expert => expert % ranks == rank).ToImmutableArray())]);

    private static (Tensor Tokens, Tensor Experts, Tensor Weights) Inputs(int rank)
    {
        var tokens = 4 + 3 * rank;
        var experts = Random([tokens, Experts], rank + 50).topk(Slots, -1).indexes;
        return (Random([tokens, Width], rank), experts, Random([tokens, Slots], rank + 60));
    }

    private static Tensor Random(long[] shape, int seed) => randn(shape, ScalarType.Float64, generator: new Generator((ulong)seed));

    private static T[] OnEveryRank<T>(int ranks, Func<int, AllToAllDispatcher, T> run)
    {
        var fabric = new InMemoryFabric(ranks, new ExchangeOptions { Timeout = TimeSpan.FromMinutes(1) });
        var results = new T[ranks];
        var errors = new Exception?[ranks];
        var threads = Enumerable.Range(0, ranks).Select(rank => new Thread(() =>
        {
            using var scope = NewDisposeScope();
            using var exchange = fabric.Endpoint(rank);
            try
            {
                results[rank] = run(rank, new AllToAllDispatcher(exchange, TimeProvider.System));
            }
            catch (Exception error)
            {
                errors[rank] = error;
                exchange.Abort(error);
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        Assert.All(errors, Assert.Null);
        return results;
    }
}
