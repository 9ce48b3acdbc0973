using Distributed.Coordinator.Jobs;
using Distributed.Planning;
using Distributed.Protocol.Identities;
using Distributed.Simulation.Schedules.Clock;
using Distributed.Simulation.Schedules.Faults;
using Distributed.Simulation.Schedules.Ledger;

namespace Distributed.Simulation.Schedules;

/// <summary>Draws scenarios, most of them small and adverse.</summary>
internal static class ScenarioDraw
{
    private const int Experts = 16, Layers = 2;
    private static readonly TimeSpan Gathered = TimeSpan.FromSeconds(5); // approximate time until all workers have joined

    public static Scenario Of(SeededRandom draw, ScheduleOptions options)
    {
        var replicas = options.Workers % 2 == 0 && draw.Chance(200) ? 2 : 1;
        var plan = new PlanRequest("ledger", new RankGrid(options.Workers / replicas, replicas), Math.Max(Experts, options.Workers),
            [.. Enumerable.Range(1, Layers)],
            GlobalBatch: Math.Max(16, 2 * options.Workers) + draw.Between(0, 3), Accumulation: draw.Between(1, 2), options.Steps);
        var first = options.Steps > 10 && draw.Chance(200) ? draw.Between(1, options.Steps / 4) : 0;
        var root = new CommittedStep(first, 0, (long)first * plan.GlobalBatch, null);
        var policy = draw.Chance(80) ? null : Policy(draw, options);
        var step = draw.Spread(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(400));
        var span = Gathered + (options.Steps - first) * step * 1.5;
        var scenario = new Scenario
        {
            Job = new JobSpecification(new JobId("ledger-1"), plan, "{}", first > 0 ? SimulatedCheckpoints.FolderOf(first) : null,
                first, Recovery: policy),
            Root = root,
            Step = step,
            SaveEvery = draw.Of(0, 5, 7, 20),
            NeverFinite = draw.Chance(30) ? draw.Between(first + 1, options.Steps) : 0,
            CopiesInAThousand = draw.Of(0, 0, 0, 5, 50),
            RestartsInAThousand = draw.Of(0, 500, 900, 1000),
            Restart = draw.Of(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(2)),
            IsSupervised = draw.Chance(500),
            Faults = options.Plan is null ? RandomScheduledFaults.Of(draw.Fork(), options, span) : [],
            Keep = draw.Of(1, 1, 3),
            IsServed = policy is not null && draw.Chance(500),
        };
        return options.Plan is null
            ? scenario with { Faults = [.. scenario.Faults, .. RandomScheduledFaults.Requests(draw.Fork(), options, span)] } : scenario;
    }

    private static RecoveryPolicy Policy(SeededRandom draw, ScheduleOptions options) => new()
    {
        Every = draw.Of(1, 2, 3, 5, 8),
        Spares = draw.Of(0, 0, 0, 1, 2),
        MinWorkers = draw.Of(1, 1, 1, 2, options.Workers),
        ReplacementTimeout = draw.Of(TimeSpan.Zero, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)),
    };
}
