using Distributed.Coordinator.Jobs;
using Distributed.Simulation.Schedules.Clock;
using Distributed.Simulation.Schedules.Service;
using Distributed.Simulation.Schedules.Workers;

namespace Distributed.Simulation.Schedules;

// A coordinator that ends, and the one after it.
internal sealed partial class SimulatedWorld : IJobRecords
{
    private static readonly TimeSpan Soonest = TimeSpan.FromMilliseconds(1), Latest = TimeSpan.FromSeconds(3);

    private JobRecord? _record;
    private (long Epoch, long Step) _committed; // as far as it was reported
    private CommittedCheckpoint? _checkpoint;   // likewise

    /// <summary>Whether the coordinator's process is gone.</summary>
    public bool IsAway { get; private set; }

    /// <summary>Steps that a coordinator that begins with a record takes for committed at some time.</summary>
    public long FurthestOf(JobRecord? record) => Math.Max(record?.Furthest ?? Scenario.Root.Step, record is { State: RecordedState.Running } running && running.Epoch == _committed.Epoch ? _committed.Step : 0);

    /// <summary>Whether the job has ever run.</summary>
    public bool HasRun => _committed.Epoch > 0;

    /// <summary>Whoever keeps workers belonged to the coordinator before.</summary>
    public bool WasRestarted { get; private set; }

    void IJobRecords.Keep(JobRecord record) => _record = record;

    /// <summary>Ends the coordinator; another one begins later.</summary>
    public void Restart(TimeSpan away)
    {
        if (IsAway || Scenario.Job.Recovery is null) return;
        (Coordinator, Served, IsAway, WasRestarted) = (null, null, true, true);
        _members.Clear();
        _known = 0;
        _saves.Clear();
        foreach (var worker in _workers.Where(worker => worker.IsAlive)) worker.LoseStream();
        Time.In(away, Return);
    }

    private void Return()
    {
        Log.Write($"the coordinator is back: {_record}");
        IsAway = false;
        _checkpoint = Shelf.Latest;
        foreach (var invariant in _invariants) invariant.OnRestart(_record);
        if (!Scenario.IsServed) Begin();
        else
        {
            Served = new ServedJob(this);
            if (_record is { State: not RecordedState.Ended }) Served.Reclaim();
        }

        foreach (var worker in _workers.Where(worker => worker.IsAlive)) worker.In(_draw.Spread(Soonest, Latest), worker.FindCoordinator);
    }

    /// <summary>The state machine of the job begins, with what was kept of it.</summary>
    public void Begin()
    {
        if (_record is null && !WasRestarted) Coordinator = Create(Scenario.Job);
        else Coordinator = Create(Scenario.Job with { Record = _record, Checkpoint = _checkpoint?.Folder, FirstStep = _checkpoint?.Step ?? 0, Committed = _committed });
        Coordinator.Begin();
        AskAgain(Coordinator);
    }

    // As the registry does: the job ends, or waits until the pool has workers enough.
    private JobOutcome? Settle(JobOutcome? outcome)
    {
        if (outcome is not { WorkersMissing: true } || Served is null || Done.Stops.Count > 0) return outcome;
        Log.Write($"waits for workers: {outcome.Reason}");
        Coordinator = null;
        _waits = outcome;
        _members.Clear();
        foreach (var invariant in _invariants) invariant.OnRestart(_record);
        Served.End();
        Served.TryBegin();
        return null;
    }

    // Whoever runs jobs keeps what was asked of them.
    private void AskAgain(JobCoordinator coordinator)
    {
        if (Done.Wanted is { } wanted) coordinator.RequestScale(wanted);
        if (Done.PauseAsked) coordinator.RequestPause();
        else coordinator.RequestResume();
        foreach (var save in Done.Stops) coordinator.RequestStop(save, "somebody asked for it");
    }

    private JobCoordinator Create(JobSpecification job)
    {
        if (Served is not null) job = job with { Recovery = job.Recovery! with { Spares = 0 }, MostSpares = job.Recovery.Spares };
        return Options.Coordinators.Create(job, this, new CoordinatorOptions(), Time, this, Shelf);
    }
}
