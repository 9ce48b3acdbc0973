using Distributed.Coordinator.Jobs;
using Distributed.Planning;
using Distributed.Protocol;
using Distributed.Simulation.Schedules.Workers;

namespace Distributed.Simulation.Schedules.Invariants;

/// <summary>
/// While a job runs, nobody waits for it to stop, to pause, or to have another size that it could have; while it waits for workers, it does
/// not have them. It grows once it has made good what it had lost.
/// </summary>
internal sealed class RequestsAreHonoured(SimulatedWorld world) : Invariant
{
    private JobState _state;
    private readonly HashSet<(string Worker, int Process)> _leaving = [];
    private int _present, _ranks;
    private bool _awaits, _isReturning;
    private long _furthest = world.Scenario.Root.Step, _toMakeGood = -1;

    public override string Statement => "what was asked of a job is not forgotten";

    private bool Recovers => world.Scenario.Job.Recovery is not null;

    // A new coordinator looks at its size once a step has told that the group stands.
    public override void OnRestart(JobRecord? record)
    {
        var ranks = record?.Members.Count ?? 0;
        (_isReturning, _state, _awaits, _present, _ranks, _furthest, _toMakeGood) = (true, JobState.Pending, false, ranks, ranks, world.FurthestOf(record), -1);
        _leaving.Clear();
    }

    public override void OnHeard(LedgerWorker worker, WorkerEvent said, WorkerEvent heard) => _furthest = Math.Max(_furthest, heard.Hello?.Assigned?.Step ?? 0);

    public override void OnNotice(JobNotice notice)
    {
        switch (notice)
        {
            case StateChanged change:
                (_state, _awaits) = (change.To, false);
                if (_state == JobState.Paused) world.Done.PauseIsWanted = false;
                break;
            case WorkerArrived arrived: _present = arrived.Present; break;
            case WorkerLeaving leaving: _leaving.Add((leaving.Worker, leaving.Process)); break;
            case WorkerLeft left:
                _present = left.Present;
                _leaving.Remove((left.Worker, left.Process));
                break;
            case PlanMade made: (_ranks, _isReturning) = (made.Plan.World, false); break;
            case ReplacementAwaited: _awaits = true; break;
            case RecoveryBegan: _toMakeGood = _furthest; break;
            case RankReported { Event.EventCase: WorkerEvent.EventOneofCase.Step } report: (_furthest, _isReturning) = (Math.Max(_furthest, report.Event.Identity.Step), false); break;
            default: break;
        }
    }

    public override void OnRest()
    {
        if (!Recovers || _state != JobState.Running && !_awaits) return;
        var wanted = world.Wanted;
        var possible = Grids.Fitting(Math.Min(_present - _leaving.Count, wanted), world.Scenario.Job.Plan)?.World ?? 0;
        if (_awaits)
        {
            Require(possible < wanted, $"it waits for workers, and of {wanted} {_present} are here");
            return;
        }

        Require(world.Done.Stops.Count == 0, $"it was to stop, and runs");
        Require(!world.Done.PauseIsWanted, $"it was to pause, and runs");
        Require(_isReturning || _ranks == possible || (_ranks < possible && _furthest <= _toMakeGood), $"it runs with {_ranks} workers, {wanted} are wanted, and {_present} are here");
    }
}
