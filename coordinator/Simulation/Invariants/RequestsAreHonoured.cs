using Distributed.Coordinator.Jobs;
using Distributed.Planning;
using Distributed.Protocol;
using Distributed.Simulation.Workers;

namespace Distributed.Simulation.Invariants;

/// <summary>
/// While a job runs, no request to stop, to pause, or to run with another possible number of workers is pending. While a job waits for
/// workers, it does not have enough of them. After a loss, a job grows once it has repeated the lost steps.
/// </summary>
internal sealed class RequestsAreHonoured(SimulatedWorld world) : Invariant
{
    private JobState _state;
    private readonly HashSet<(string Worker, int Process)> _leaving = [];
    private int _present, _ranks;
    private bool _awaits, _isReturning; // waits for workers; a new coordinator has not received a step yet
    private long _furthest = world.Scenario.Root.Step, _stepToRepeatTo = -1;

    public override string Statement => "every request to a job is honoured";

    private bool Recovers => world.Scenario.Job.Recovery is not null;

    // A new coordinator considers the size of the job after the first reported step.
    public override void OnRestart(JobRecord? record)
    {
        var ranks = record?.Members.Count ?? 0;
        (_isReturning, _state, _awaits, _present, _ranks, _furthest, _stepToRepeatTo) = (true, JobState.Pending, false, ranks, ranks,
            world.FurthestOf(record), -1);
        _leaving.Clear();
    }

    public override void OnReceived(LedgerWorker worker, WorkerEvent sent, WorkerEvent received) =>
        _furthest = Math.Max(_furthest, received.Hello?.Assigned?.Step ?? 0);

    public override void OnNotice(JobNotice notice)
    {
        switch (notice)
        {
            case StateChanged change:
                (_state, _awaits) = (change.To, false);
                if (_state == JobState.Paused) world.Disturbances.IsPausePending = false;
                break;
            case WorkerArrived arrived: _present = arrived.Present; break;
            case WorkerLeaving leaving: _leaving.Add((leaving.Worker, leaving.Process)); break;
            case WorkerLeft left:
                _present = left.Present;
                _leaving.Remove((left.Worker, left.Process));
                break;
            case PlanMade made: (_ranks, _isReturning) = (made.Plan.World, false); break;
            case ReplacementAwaited: _awaits = true; break;
            case RecoveryBegan: _stepToRepeatTo = _furthest; break;
            case RankReported { Event.EventCase: WorkerEvent.EventOneofCase.Step } report:
                (_furthest, _isReturning) = (Math.Max(_furthest, report.Event.Identity.Step), false); break;
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
            Require(possible < wanted, $"the job waits for workers; {wanted} are wanted, and {_present} are present");
            return;
        }

        Require(world.Disturbances.Stops.Count == 0, $"a stop was requested, and the job runs");
        Require(!world.Disturbances.IsPausePending, $"a pause was requested, and the job runs");
        Require(
            _isReturning || _ranks == possible || (_ranks < possible && _furthest <= _stepToRepeatTo),
            $"the job runs with {_ranks} workers; {wanted} are wanted, and {_present} are present");
    }
}
