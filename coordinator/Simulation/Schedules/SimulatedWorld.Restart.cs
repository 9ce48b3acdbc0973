using Distributed.Coordinator.Jobs;
using Distributed.Simulation.Schedules.Clock;
using Distributed.Simulation.Schedules.Workers;

namespace Distributed.Simulation.Schedules;

// A coordinator that ends, and the one after it.
internal sealed partial class SimulatedWorld : IJobRecords
{
    private static readonly TimeSpan Soonest = TimeSpan.FromMilliseconds(1), Latest = TimeSpan.FromSeconds(3);

    private JobRecord? _record;

    /// <summary>Whoever keeps workers belonged to the coordinator before.</summary>
    public bool WasRestarted { get; private set; }

    void IJobRecords.Keep(JobRecord record) => _record = record;

    /// <summary>Ends the coordinator; another one begins later.</summary>
    public void Restart(TimeSpan away)
    {
        if (Coordinator is null || Scenario.Job.Recovery is null) return;
        (Coordinator, WasRestarted) = (null, true);
        _known = 0;
        _saves.Clear();
        foreach (var worker in _workers.Where(worker => worker.IsAlive)) worker.LoseStream();
        Time.In(away, Return);
    }

    private void Return()
    {
        Log.Write($"the coordinator is back: {_record}");
        var latest = Shelf.Latest;
        Coordinator = Create(Scenario.Job with { Record = _record, Checkpoint = latest?.Folder, FirstStep = latest?.Step ?? 0 });
        foreach (var invariant in _invariants) invariant.OnRestart(_record);
        Coordinator.Begin();
        AskAgain(Coordinator);
        foreach (var worker in _workers.Where(worker => worker.IsAlive)) worker.In(_draw.Spread(Soonest, Latest), worker.FindCoordinator);
    }

    // Whoever runs jobs keeps what was asked of them.
    private void AskAgain(JobCoordinator coordinator)
    {
        if (Done.Wanted is { } wanted) coordinator.RequestScale(wanted);
        if (Done.PauseAsked) coordinator.RequestPause();
        else coordinator.RequestResume();
        foreach (var save in Done.Stops) coordinator.RequestStop(save, "somebody asked for it");
    }

    private JobCoordinator Create(JobSpecification job) => Options.Coordinators.Create(job, this, new CoordinatorOptions(), Time, this, Shelf);
}
