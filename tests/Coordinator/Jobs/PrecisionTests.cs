using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Tests.Support;
using Distributed.Planning;
using Distributed.Planning.Placement;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Coordinator.Tests.Jobs;

/// <summary>Tests the precision of a job with automatic precision and workers with different processors.</summary>
public sealed class PrecisionTests
{
    private readonly LastRecord _records = new();
    private readonly Notices _notices = new();

    [Theory]
    [InlineData(Precision.Auto, 3.9, 3.8, ComputePrecision.Bf16)]
    [InlineData(Precision.Auto, 3.9, 0.5, ComputePrecision.Fp32)]
    [InlineData(Precision.Fp64, 3.9, 3.8, ComputePrecision.OfJob)]
    public void Plan_OfDifferentWorkers_HasOnePrecision(Precision asked, double first, double second, ComputePrecision expected)
    {
        var workers = Begin(asked, record: null, first, second);

        foreach (var worker in workers) Assert.Equal(expected, Assigned(worker).Precision);
        Assert.Equal(asked is Precision.Auto ? expected is ComputePrecision.Bf16 ? Precision.Bf16 : Precision.Fp32 : asked,
            _records.Last!.Precision);
    }

    [Fact]
    public void Plan_OfLaterWorkersWithOtherProcessors_KeepsThePrecisionOfTheFirst()
    {
        Begin(Precision.Auto, record: null, 3.9, 3.8);
        var kept = JobRecord.Parse((_records.Last! with { State = RecordedState.Ended, Members = [] }).ToJson())!;

        var workers = Begin(Precision.Auto, kept, 0.5, 0);

        foreach (var worker in workers) Assert.Equal(ComputePrecision.Bf16, Assigned(worker).Precision);
    }

    private ScriptedWorker[] Begin(Precision precision, JobRecord? record, params double[] speedups)
    {
        var plan = new PlanRequest("ledger", new RankGrid(speedups.Length, 1), 16, [1], GlobalBatch: 16, Accumulation: 1,
            Steps: 30) { Precision = precision };
        var job = Specifications.Of(plan, new RecoveryPolicy()) with { Record = record };
        var coordinator = new JobCoordinator(job, new ContiguousPlacement(), _notices, Scene.Options, new ManualTime(),
            NullLogger<JobCoordinator>.Instance, _records);
        var workers = speedups.Select((_, index) => new ScriptedWorker($"worker-{index}")).ToArray();
        coordinator.Begin();
        foreach (var (worker, speedup) in workers.Zip(speedups))
        {
            var hello = new Hello
            {
                Worker = new WorkerId($"worker-{Array.IndexOf(workers, worker)}", "1").ToWire(), Bf16Speedup = speedup
            };
            coordinator.Receive(worker.Link.Coordinator, new WorkerEvent { Hello = hello });
            coordinator.Work();
        }

        return workers;
    }

    private static AssignPlan Assigned(ScriptedWorker worker)
    {
        while (worker.Link.Worker.Commands.TryRead(out var command))
            if (command.Assign is { } plan) return plan;
        throw new InvalidOperationException("The worker received no plan.");
    }

    private sealed class LastRecord : IJobRecords
    {
        public JobRecord? Last { get; private set; }

        public void Store(JobRecord record) => Last = record;
    }
}
