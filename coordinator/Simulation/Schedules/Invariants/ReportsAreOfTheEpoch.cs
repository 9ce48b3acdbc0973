using Distributed.Coordinator.Jobs;
using Distributed.Protocol;
using Distributed.Simulation.Schedules.Workers;

namespace Distributed.Simulation.Schedules.Invariants;

/// <summary>What the coordinator believes was said in the epoch that runs, by the rank that it takes the speaker for.</summary>
internal sealed class ReportsAreOfTheEpoch(SimulatedWorld world) : Invariant
{
    private (LedgerWorker Worker, WorkerEvent Said, WorkerEvent Heard)? _last;

    public override string Statement => "what is believed was said in the epoch that runs";

    public override void OnHeard(LedgerWorker worker, WorkerEvent said, WorkerEvent heard) => _last = (worker, said, heard);

    public override void OnNotice(JobNotice notice)
    {
        if (notice is not RankReported report) return;
        Require(_last is { } last && last.Heard == report.Event, $"{report.Event} was not heard");
        Require(_last!.Value.Said.Identity.Epoch == world.NewestEpoch, $"{_last.Value.Worker.Id} said {_last.Value.Said.EventCase} in epoch {_last.Value.Said.Identity.Epoch}, and it is believed in epoch {world.NewestEpoch}");
        Require(world.NewestGroup.Plan.Members[report.Rank].Equals(_last.Value.Worker.Id.ToWire()), $"{_last.Value.Worker.Id} is taken for rank {report.Rank}");
    }
}
