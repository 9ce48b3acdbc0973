using Distributed.Coordinator.Jobs;
using Distributed.Protocol;
using Distributed.Simulation.Workers;

namespace Distributed.Simulation.Invariants;

/// <summary>Every accepted report was sent in the running epoch, by the rank that the coordinator attributes it to.</summary>
internal sealed class AcceptedReportsBelongToEpoch(SimulatedWorld world) : Invariant
{
    private (LedgerWorker Worker, WorkerEvent Sent, WorkerEvent Received)? _last;

    public override string Statement => "an accepted report was sent in the running epoch";

    public override void OnReceived(LedgerWorker worker, WorkerEvent sent, WorkerEvent received) => _last = (worker, sent, received);

    public override void OnNotice(JobNotice notice)
    {
        if (notice is not RankReported report) return;
        Require(_last is { } last && last.Received == report.Event, $"{report.Event} was not received");
        var (worker, sent, _) = _last!.Value;
        Require(
            sent.Identity.Epoch == world.NewestEpoch,
            $"{worker.Id} sent {sent.EventCase} in epoch {sent.Identity.Epoch}, and it is accepted in epoch {world.NewestEpoch}");
        Require(world.NewestGroup.Plan.Members[report.Rank].Equals(worker.Id.ToWire()), $"{worker.Id} is treated as rank {report.Rank}");
    }
}
