using System.Diagnostics;
using Distributed.Planning;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

// How a group that has lost somebody, or is to have another size, becomes the next one: all ranks leave, then a new epoch is planned.
public sealed partial class JobCoordinator
{
    private int _fruitless;     // recoveries since the last new step
    private long _progress;     // steps ever committed at the last recovery
    private bool _awaiting;     // Recovering: all have left, a replacement may still come
    private bool _pausing;      // nobody is to go on; stands until it is so
    private bool _saving;       // Rescaling: with a checkpoint
    private bool _releasing;    // Rescaling: who has no part in the next group is not needed any more
    private Failure? _shortage; // workers are missing: the current group saves, and the job ends
    private int _savesLeft = MostSaves; // attempts to do so, should workers be lost meanwhile
    private const int MostSaves = 3;
    private readonly Dictionary<long, long> _notFinite = []; // by the steps before the one that was not: the epoch

    // Running, Recovering, Rescaling, or Ending without a failure.
    private void Recover(Failure failure)
    {
        LogFailure(_logger, _job.Id.Value, failure.Rank, failure.Reason);
        if (_state == JobState.Ending && (_failure is not null || IsStoppedAtOnce))
        {
            if (!IsStoppedAtOnce) _failure = Failure.Better(_failure, failure);
            if (Ranked.All(member => member.Ended)) Settle();
            return;
        }

        _failure = Failure.Better(_failure, failure);
        if (IsFinal(failure))
        {
            _failure = failure; // what could have been made good is not the reason
            GiveUp();
            return;
        }

        if (_state != JobState.Recovering)
        {
            if (_furthest > _progress) _fruitless = 0;
            _progress = _furthest;
            if (++_fruitless > _job.Recovery!.FruitlessRecoveries)
            {
                _failure = new Failure(FailureCause.NoProgress)
                {
                    Previous = _failure, Rank = _failure.Rank, Detail = _failure.Detail, Needed = _job.Recovery.FruitlessRecoveries,
                };
                GiveUp();
                return;
            }

            _awaiting = false;
            Arm(_returning ? _options.ReturnTimeout : _options.FenceTimeout);
            _returning = false;
            Move(JobState.Recovering);
            Tell(new RecoveryBegan(_failure, _step));
            TellRestToStop(StopAtOnce);
        }

        if (_awaiting) Replan(force: false);
        else CheckOut();
    }

    // It would fail again: a mistake in the job, or a loss that was not finite twice at the same step.
    private bool IsFinal(Failure failure)
    {
        if (failure.Kind != FailureKind.FailureNotFinite) return failure.Kind == FailureKind.FailureFatal;
        var before = _notFinite.GetValueOrDefault(_step, _epoch.Epoch);
        _notFinite[_step] = _epoch.Epoch;
        return before != _epoch.Epoch; // in one epoch every rank tells of it
    }

    // A job that has run before resumes with fewer workers than it wants, as after a loss; a new one waits for all of them.
    private bool _hasRun, _gathersAll;

    private void Gather()
    {
        (_hasRun, _gathersAll) = (_job is { Record: not null, Recovery: not null }, true);
        Arm(_hasRun ? _job.Recovery!.ReplacementTimeout : _options.GatherTimeout); // even if it is 0: those that are here come first
        Move(JobState.Gathering);
    }

    private bool TryPlanFewer()
    {
        if (!_hasRun || UsableGrid is not { } grid) return false;
        Plan(grid);
        return true;
    }

    private void OnScaleAsked(int workers)
    {
        var grid = Grids.Fitting(workers, _job.Plan) ?? _wanted;
        switch (_state)
        {
            case JobState.Pending or JobState.Gathering or JobState.Recovering or JobState.Rescaling or JobState.Paused or JobState.Ending:
                _wanted = grid;
                if (_state == JobState.Gathering && _members.Count >= grid.World + (_job.Recovery?.Spares ?? 0)) Plan(grid);
                else if (_state == JobState.Recovering && _awaiting) Replan(force: false);
                break;
            case JobState.Running when _job.Recovery is not null:
                _wanted = grid;
                Fit($"scaled to {Amount.Of(grid.World, "worker")}");
                break;
            case JobState.Running or JobState.Completed or JobState.Failed or JobState.Stopped: break;
            default: throw new UnreachableException($"A request to scale in state {_state}.");
        }
    }

    private void OnPauseAsked()
    {
        if (_job.Recovery is null || _state == JobState.Paused) return;
        _pausing = true; // now, or once a group stands
        if (_state == JobState.Running) Regroup("paused", StopSaving);
    }

    private void OnResumeAsked()
    {
        _pausing = false;
        if (_state != JobState.Paused) return;
        Arm(_options.GatherTimeout);
        Move(JobState.Recovering);
        _awaiting = true;
        Replan(force: false);
    }

    // Running: fewer are wanted than are, or more can be used. What was lost is made good first.
    private void Fit(string reason)
    {
        if (_job.Recovery is null || PartWithLeaving() || Fitting is not { } grid) return;
        if (_grid.World > _wanted.World)
        {
            _releasing = true;
            Regroup(reason, StopSaving); // who leaves takes its parts with it
        }
        else if (_grid.World < grid.World && (_fruitless == 0 || _furthest > _progress)) Regroup(reason, StopLeaving);
        else ReleaseSurplus();
    }

    private void Regroup(string reason, Action<StopJob> how)
    {
        _saving = how == StopSaving;
        Arm(EndBound);
        Move(JobState.Rescaling);
        Tell(new RescaleBegan(reason, _step));
        TellRestToStop(how, reason);
    }

    // Recovering or Rescaling: somebody has ended or gone.
    private void CheckOut()
    {
        if (!Ranked.All(member => member.Ended)) return;
        if (_state == JobState.Rescaling && Ranked.All(member => !member.Stopped))
        {
            Settle(); // its last step came first
            return;
        }

        if (_stop is { Save: true } stop && IsSaved())
        {
            End(JobState.Stopped, stop.Reason);
            return;
        }

        if (_pausing && _saving && _state == JobState.Rescaling)
        {
            (_pausing, _failure) = (false, null);
            _deadline?.Dispose();
            TryKeep(RecordedState.Paused);
            Move(JobState.Paused);
            return;
        }

        Replan(force: false);
    }

    // By what the job was about before, or by a rank that did not live to report it.
    private bool IsSaved()
    {
        FindCheckpoint();
        if (_checkpoint is not { } checkpoint || checkpoint.Step < _step) return false;
        _step = checkpoint.Step;
        return true;
    }

    // Whether only those who would get no rank have some part of the newest state. Then they go on too, until there is a checkpoint.
    private bool LeavesParts(RankGrid grid) =>
        HeldPoints.Newest(_members) is { } all && all.Step > (_checkpoint?.Step ?? 0) && all.Step > (HeldPoints.Newest([.. Seats(grid.World).Take(grid.World)])?.Step ?? -1);

    // The grid of those that are here, more than are wanted if only the others hold the newest state; null if they are too few.
    private RankGrid? UsableGrid => NextGrid(out _) is { } grid && IsEnough(grid) ? grid : null;

    // A user who asked for the end does not wait as long.
    private TimeSpan ReplacementTimeout
    {
        get
        {
            var timeout = _job.Recovery!.ReplacementTimeout;
            return _stop is { Save: true } && timeout > _options.StopTimeout ? _options.StopTimeout : timeout;
        }
    }

    // Of the next epoch: workers that leave are a part of it only if their state would be lost otherwise, and then only to save it.
    private RankGrid? NextGrid(out bool isToSave)
    {
        var (few, all) = (Fitting, Grids.Fitting(_members.Count, _job.Plan));
        var leavesParts = few is not null && LeavesParts(few);
        isToSave = _members.Exists(member => member.Leaving) && IsUnsaved && (leavesParts || !IsEnough(few));
        return isToSave || leavesParts ? all : few;
    }

    // All have left.
    private void Replan(bool force)
    {
        var policy = _job.Recovery!;
        var grid = NextGrid(out var isToSave);
        var isStopping = _stop is { Save: true };
        if (grid?.World >= _wanted.World) PlanEnough(grid);
        else if (!force && !isToSave && ReplacementTimeout > TimeSpan.Zero && _state == JobState.Recovering)
        {
            foreach (var member in _members.Where(member => member.Leaving).ToList()) Dismiss(member);
            if (_awaiting) return;
            _awaiting = true;
            Arm(ReplacementTimeout);
            Tell(new ReplacementAwaited(_wanted.World - _members.Count, ReplacementTimeout));
        }
        else if (IsEnough(grid) || (grid is not null && (isStopping || isToSave))) PlanEnough(grid!); // a save needs no more workers than there are
        else if (isStopping) StopUnsaved();
        else if (_savesLeft > 0 && SavingGrid is { } few)
        {
            _savesLeft--;
            _shortage = _failure ?? _shortage ?? new Failure(FailureCause.WorkersMissing);
            Plan(few);
        }
        else
        {
            var previous = _failure ?? _shortage;
            Fail(new Failure(FailureCause.WorkersMissing)
            {
                Previous = previous, Rank = previous?.Rank, Present = _members.Count, Needed = policy.MinWorkers,
            });
        }
    }

    private void PlanEnough(RankGrid grid)
    {
        (_shortage, _savesLeft) = (null, _stop is null ? MostSaves : _savesLeft);
        Plan(grid);
    }

    // Of those that are left, too few to continue, if together they hold a newer state than the checkpoint: they save it before the job ends.
    private RankGrid? SavingGrid =>
        Grids.Fitting(_members.Count, _job.Plan) is { } grid && IsUnsavedAmong([.. Seats(grid.World).Take(grid.World)]) ? grid : null;

    // No worker is left that could save.
    private void StopUnsaved()
    {
        FindCheckpoint();
        var (step, place) = _checkpoint is { } checkpoint ? (checkpoint.Step, checkpoint.Directory) : (0, "no checkpoint");
        (var lost, _step) = (Math.Max(0, _step - step), step);
        End(JobState.Stopped, $"{_stop!.Value.Reason}; no worker is left, and {lost} steps are lost: {place} has the first {step}");
        _outcome = _outcome! with { StepsLost = lost };
    }
}
