using Distributed.Coordinator.Jobs;
using Distributed.Simulation.Faults;
using Distributed.Simulation.Service;

namespace Distributed.Simulation;

// The end of a coordinator, and the start of the next one.
internal sealed partial class SimulatedWorld : IJobRecords
{
    private static readonly TimeSpan Soonest = TimeSpan.FromMilliseconds(1), Latest = TimeSpan.FromSeconds(3);

    private JobRecord? _record;
    private (long Epoch, long Step) _committed; // the newest that was reported
    private CommittedCheckpoint? _checkpoint;   // the newest that was reported

    /// <summary>Whether no coordinator process is running.</summary>
    public bool IsCoordinatorDown { get; private set; }

    /// <summary>Returns the steps that a coordinator takes as committed when it begins with a record.</summary>
    public long FurthestOf(JobRecord? record) => Math.Max(
        record?.Furthest ?? Scenario.Root.Step,
        record is { State: RecordedState.Running } running && running.Epoch == _committed.Epoch ? _committed.Step : 0);

    /// <summary>Whether the job has ever run.</summary>
    public bool HasRun => _committed.Epoch > 0;

    /// <summary>Whether the coordinator was restarted. The workers' supervisor belonged to the first coordinator.</summary>
    public bool WasRestarted { get; private set; }

    void IJobRecords.Store(JobRecord record) => _record = record;

    /// <summary>Ends the coordinator; another one begins after a delay.</summary>
    public void Restart(TimeSpan away)
    {
        if (IsCoordinatorDown || Scenario.Job.Recovery is null) return;
        (Coordinator, Served, IsCoordinatorDown, WasRestarted) = (null, null, true, true);
        _members.Clear();
        _known = 0;
        _saves.Clear();
        foreach (var worker in _workers.Where(worker => worker.IsAlive)) worker.LoseStream();
        Time.RunAfter(away, Return);
    }

    private void Return()
    {
        Log.Write($"the coordinator has restarted: {_record}");
        IsCoordinatorDown = false;
        _checkpoint = Checkpoints.Latest;
        foreach (var invariant in _invariants) invariant.OnRestart(_record);
        if (!Scenario.IsServed) Begin();
        else
        {
            Served = new ServedJob(this);
            if (_record is { State: not RecordedState.Ended }) Served.Reclaim();
        }

        foreach (var worker in _workers.Where(worker => worker.IsAlive))
            worker.RunAfter(_random.NextLogUniform(Soonest, Latest), worker.Rejoin);
    }

    /// <summary>Begins the state machine of the job with what was kept of it.</summary>
    public void Begin()
    {
        var first = Scenario.Job;
        Coordinator = Create(_record is null && !WasRestarted ? first : first with
        {
            Record = _record, Committed = _committed,
            Start = _checkpoint is { } newest ? new ResumePoint(newest.Folder, newest.Step, first.Id.Value) : null,
        });
        Coordinator.Begin();
        RepeatRequests(Coordinator);
    }

    // As the registry does: the job ends, or waits until the pool has enough workers.
    private JobOutcome? Settle(JobOutcome? outcome)
    {
        if (outcome is not { IsShortOfWorkers: true } || Served is null || Disturbances.Stops.Count > 0) return outcome;
        Log.Write($"the job waits for workers: {outcome.Reason}");
        Coordinator = null;
        _waits = outcome;
        _members.Clear();
        foreach (var invariant in _invariants) invariant.OnRestart(_record);
        Served.End();
        Served.TryBegin();
        return null;
    }

    // As the registry does: earlier requests are repeated to each new state machine.
    private void RepeatRequests(JobCoordinator coordinator)
    {
        if (Disturbances.Wanted is { } wanted) coordinator.RequestScale(wanted);
        if (Disturbances.PauseAsked) coordinator.RequestPause();
        else coordinator.RequestResume();
        foreach (var save in Disturbances.Stops) coordinator.RequestStop(save, JobStopped.StopReason);
    }

    private JobCoordinator Create(JobSpecification job)
    {
        if (Served is not null) job = job with { Recovery = job.Recovery! with { Spares = 0 }, MaxSpares = job.Recovery.Spares };
        return Options.Coordinators.Create(job, this, new CoordinatorOptions(), Time, this, Checkpoints);
    }
}
