using Distributed.Coordinator.Jobs;
using Distributed.Planning;
using Distributed.Protocol.Identities;
using Distributed.Simulation.Clock;
using Distributed.Simulation.Faults;
using Distributed.Simulation.Ledger;

namespace Distributed.Simulation;

/// <summary>Draws scenarios, most of them small and adverse.</summary>
internal static class ScenarioGenerator
{
    private const int Experts = 16, Layers = 2;
    private static readonly TimeSpan Gathered = TimeSpan.FromSeconds(5); // approximate time until all workers have joined

    public static Scenario Of(SeededRandom random, ScheduleOptions options)
    {
        var replicas = options.Workers % 2 == 0 && random.NextChance(200) ? 2 : 1;
        var plan = new PlanRequest("ledger", new RankGrid(options.Workers / replicas, replicas), Math.Max(Experts, options.Workers),
            [.. Enumerable.Range(1, Layers)],
            GlobalBatch: Math.Max(16, 2 * options.Workers) + random.NextInRange(0, 3),
            Accumulation: random.NextInRange(1, 2), options.Steps);
        var first = options.Steps > 10 && random.NextChance(200) ? random.NextInRange(1, options.Steps / 4) : 0;
        var root = new CommittedStep(first, 0, (long)first * plan.GlobalBatch, null);
        var policy = random.NextChance(80) ? null : Policy(random, options);
        var step = random.NextLogUniform(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(400));
        var span = Gathered + (options.Steps - first) * step * 1.5;
        var id = new JobId("ledger-1");
        var start = first > 0 ? new ResumePoint(SimulatedCheckpoints.FolderOf(first), first, id.Value) : null;
        var scenario = new Scenario
        {
            Job = new JobSpecification(id, new JobDescription(plan, "{}", policy ?? new RecoveryPolicy()), start) { Recovery = policy },
            Root = root,
            Step = step,
            SaveEvery = random.Choose(0, 5, 7, 20),
            NonFiniteStep = random.NextChance(30) ? random.NextInRange(first + 1, options.Steps) : 0,
            DuplicatesPerThousand = random.Choose(0, 0, 0, 5, 50),
            RestartsPerThousand = random.Choose(0, 500, 900, 1000),
            Restart = random.Choose(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20),
                TimeSpan.FromMinutes(2)),
            IsSupervised = random.NextChance(500),
            Faults = options.Plan is null ? RandomScheduledFaults.Of(random.Fork(), options, span) : [],
            Keep = random.Choose(1, 1, 3),
            IsServed = policy is not null && random.NextChance(500),
        };
        return options.Plan is null
            ? scenario with { Faults = [.. scenario.Faults, .. RandomScheduledFaults.Requests(random.Fork(), options, span)] } : scenario;
    }

    private static RecoveryPolicy Policy(SeededRandom random, ScheduleOptions options) => new()
    {
        Every = random.Choose(1, 2, 3, 5, 8),
        Spares = random.Choose(0, 0, 0, 1, 2),
        MinWorkers = random.Choose(1, 1, 1, 2, options.Workers),
        ReplacementTimeout = random.Choose(TimeSpan.Zero, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)),
    };
}
