using Distributed.Models;
using Distributed.Models.Parameters;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Dispatch;
using Distributed.Planning;
using Distributed.Training.Optimizers;
using Distributed.Training.Sharding;
using Distributed.Training.Steps;
using Distributed.Training.Tests.Parity;
using Distributed.Transports;
using TorchSharp;

namespace Distributed.Training.Tests.Sharding;

public sealed class OwnershipTests
{
    [Theory]
    [InlineData(2, 2, true)]
    [InlineData(2, 2, false)]
    [InlineData(1, 3, true)]
    [InlineData(3, 1, true)]
    public void Parameters_OnAnyGrid_HaveOneOwnerAndAreUpdatedByTheOwnerOrByAllHolders(int expertParallel, int replicas, bool zero)
    {
        var ranks = Group.Run(new RankGrid(expertParallel, replicas), (groups, _, _) =>
        {
            using var model = Model(expertParallel, groups.Experts.Rank);
            var ownership = Of(model, groups, zero);
            Assert.Equal(ownership.Owned, model.Parameters.All.Where(ownership.Owns));
            return (Owned: Names(ownership.Owned), Updated: Names(ownership.Updated), Held: Names(model.Parameters.All));
        });

        using var whole = Model(1, 0);
        Assert.Equal(Names(whole.Parameters.All).Order(), ranks.SelectMany(rank => rank.Owned).Order());
        foreach (var rank in ranks) Assert.Equal(zero ? rank.Owned.Union(Sole(rank.Held)) : rank.Held, rank.Updated);

        // A parameter that one rank holds is updated by that rank.
        IEnumerable<string> Sole(IEnumerable<string> held) => held.Where(name => ranks.Count(rank => rank.Held.Contains(name)) == 1);
    }

    [Fact]
    public void Experts_OfTwoReplicas_AreDividedEvenly()
    {
        var counts = Group.Run(new RankGrid(1, 2), (groups, _, _) =>
        {
            using var model = Model(1, 0);
            return Of(model, groups, zero: true).Experts.Counts(_ => true);
        })[0];

        Assert.All(counts, count => Assert.NotEqual(0, count));
        Assert.InRange(counts.Max() / (double)counts.Min(), 1, 2);
    }

    [Fact]
    public void ReduceGradients_OverAGroupOfAnotherSize_IsRefused()
    {
        Group.Run(new RankGrid(1, 2), (groups, world, replicas) =>
        {
            var model = Model(1, 0);
            using var network = new TrainedNetwork(model, new Dictionary<int, ExpertLocations>(), new LocalDispatcher(), new AdamW(),
                Of(model, groups, zero: true));
            var error = Assert.Throws<ArgumentException>(() => network.ReduceGradients(world, replicas: null));
            Assert.Contains("parameters on 2 ranks cannot be summed over a group of 1", error.Message);
            Assert.Throws<ArgumentException>(() => network.ReduceGradients(new ExchangeCollectives(groups.Experts), replicas));
            return 0;
        });
    }

    private static Ownership Of(Decoder model, RankGroups groups, bool zero) => new(
        model.Parameters, new GroupRank(groups.World.Rank, groups.World.Size),
        new GroupRank(groups.Replicas.Rank, groups.Replicas.Size), zero);

    private static Decoder Model(int expertParallel, int place)
    {
        var experts = 6 / expertParallel;
        return new Decoder(new ParityRun(1, 1, true, 1, true).Config, torch.ScalarType.Float32,
            _ => [.. Enumerable.Range(place * experts, experts)]);
    }

    private static List<string> Names(IEnumerable<Parameter> parameters) =>
        [.. parameters.SelectMany(parameter => parameter.Views.Select(view => view.Name))];
}
