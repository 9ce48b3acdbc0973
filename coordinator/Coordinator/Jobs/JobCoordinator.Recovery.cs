using System.Diagnostics;
using Distributed.Planning;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

// Recovery from lost ranks and changes of the group size: all ranks leave, then a new epoch is planned.
public sealed partial class JobCoordinator
{
    private const int MaxSaves = 3;

    private int _recoveriesWithoutProgress; // recoveries since the last new step
    private long _progress;                 // value of _furthest at the last recovery
    private bool _isAwaitingReplacement;    // Recovering: all ranks have left, and the job waits for a replacement
    private bool _isPausing;                // a pause is requested; cleared once the job is paused or resumed
    private bool _isSaving;                 // Rescaling: the group saves a checkpoint
    private bool _isReleasing;              // Rescaling: members without a rank in the next epoch are released
    private Failure? _shortage;             // workers are missing: the current group saves, and the job ends
    private int _savesLeft = MaxSaves;      // remaining attempts to save, in case workers are lost meanwhile
    private readonly Dictionary<long, long> _notFinite = []; // committed steps before a non-finite step -> the epoch in which it occurred

    // Running, Recovering, Rescaling, or Ending without a failure.
    private void Recover(Failure failure)
    {
        LogFailure(_logger, _job.Id.Value, failure.Rank, failure.Reason);
        if (_state == JobState.Ending && (_failure is not null || IsStoppedAtOnce))
        {
            if (!IsStoppedAtOnce) _failure = Failure.MoreSpecific(_failure, failure);
            if (Ranked.All(member => member.IsEnded)) EndOrReplan();
            return;
        }

        _failure = Failure.MoreSpecific(_failure, failure);
        if (IsFinal(failure))
        {
            _failure = failure; // an earlier failure that could be recovered from is not the reason
            EndWithFailure();
            return;
        }

        if (_state != JobState.Recovering)
        {
            if (_furthest > _progress) _recoveriesWithoutProgress = 0;
            _progress = _furthest;
            if (++_recoveriesWithoutProgress > _job.Recovery!.MaxRecoveriesWithoutProgress)
            {
                _failure = new Failure(FailureCause.NoProgress)
                {
                    Previous = _failure, Rank = _failure.Rank, Detail = _failure.Detail,
                    Needed = _job.Recovery.MaxRecoveriesWithoutProgress,
                };
                EndWithFailure();
                return;
            }

            _isAwaitingReplacement = false;
            SetDeadline(_isAwaitingReturns ? _options.ReturnTimeout : _options.FenceTimeout);
            _isAwaitingReturns = false;
            ChangeState(JobState.Recovering);
            Notify(new RecoveryBegan(_failure, _step));
            SendStopToRest(StopAtOnce);
        }

        if (_isAwaitingReplacement) Replan(force: false);
        else ReplanIfAllEnded();
    }

    // Whether the job would fail again: an error in the job, or a value that was not finite at the same step in two epochs.
    private bool IsFinal(Failure failure)
    {
        if (failure.Kind != FailureKind.FailureNotFinite) return failure.Kind == FailureKind.FailureFatal;
        var before = _notFinite.GetValueOrDefault(_step, _epoch.Epoch);
        _notFinite[_step] = _epoch.Epoch;
        return before != _epoch.Epoch; // in one epoch, every rank reports it
    }

    // A job that has run before may resume with fewer workers than requested, as after a loss. A new job waits for all of them.
    private bool _hasRun, _gathersAll;

    private void Gather()
    {
        (_hasRun, _gathersAll) = (_job is { Record: not null, Recovery: not null }, true);
        // A timeout of 0 is armed too: pending Hello events are handled before it expires.
        SetDeadline(_hasRun ? _job.Recovery!.ReplacementTimeout : _options.GatherTimeout);
        ChangeState(JobState.Gathering);
    }

    private bool TryPlanFewer()
    {
        if (!_hasRun || UsableGrid is not { } grid) return false;
        Plan(grid);
        return true;
    }

    private void OnScaleRequested(int workers)
    {
        var grid = Grids.Fitting(workers, _job.Plan) ?? _wanted;
        switch (_state)
        {
            case JobState.Pending or JobState.Gathering or JobState.Recovering or JobState.Rescaling or JobState.Paused or JobState.Ending:
                _wanted = grid;
                if (_state == JobState.Gathering && _members.Count >= grid.World + (_job.Recovery?.Spares ?? 0)) Plan(grid);
                else if (_state == JobState.Recovering && _isAwaitingReplacement) Replan(force: false);
                break;
            case JobState.Running when _job.Recovery is not null:
                _wanted = grid;
                AdjustSize($"scaled to {Amount.Of(grid.World, "worker")}");
                break;
            case JobState.Running or JobState.Completed or JobState.Failed or JobState.Stopped: break;
            default: throw new UnreachableException($"A request to scale in state {_state}.");
        }
    }

    private void OnPauseRequested()
    {
        if (_job.Recovery is null || _state == JobState.Paused) return;
        _isPausing = true; // now, or once an epoch runs
        if (_state == JobState.Running) Regroup("paused", StopSaving);
    }

    private void OnResumeRequested()
    {
        _isPausing = false;
        if (_state != JobState.Paused) return;
        SetDeadline(_options.GatherTimeout);
        ChangeState(JobState.Recovering);
        _isAwaitingReplacement = true;
        Replan(force: false);
    }

    // Running: shrinks or grows the group to the requested size. After a recovery it grows only once a new step is committed.
    private void AdjustSize(string reason)
    {
        if (_job.Recovery is null || RegroupWithoutLeaving() || FittingGrid is not { } grid) return;
        if (_grid.World > _wanted.World)
        {
            _isReleasing = true;
            Regroup(reason, StopSaving); // released members take their parts with them
        }
        else if (_grid.World < grid.World && (_recoveriesWithoutProgress == 0 || _furthest > _progress)) Regroup(reason, StopLeaving);
        else ReleaseSurplus();
    }

    private void Regroup(string reason, Action<StopJob> how)
    {
        _isSaving = how == StopSaving;
        SetDeadline(CurrentEndTimeout);
        ChangeState(JobState.Rescaling);
        Notify(new RescaleBegan(reason, _step));
        SendStopToRest(how, reason);
    }

    // Recovering or Rescaling: a rank has ended or left.
    private void ReplanIfAllEnded()
    {
        if (!Ranked.All(member => member.IsEnded)) return;
        if (_state == JobState.Rescaling && Ranked.All(member => !member.IsStopped))
        {
            EndOrReplan(); // the ranks committed their last step before they were stopped
            return;
        }

        if (_stop is { Save: true } stop && IsSaved())
        {
            End(JobState.Stopped, stop.Reason);
            return;
        }

        if (_isPausing && _isSaving && _state == JobState.Rescaling)
        {
            (_isPausing, _failure) = (false, null);
            _deadline?.Dispose();
            TryStore(RecordedState.Paused);
            ChangeState(JobState.Paused);
            return;
        }

        Replan(force: false);
    }

    // Whether all committed steps are in a checkpoint, also one that a rank committed but could not report.
    private bool IsSaved()
    {
        FindCheckpoint();
        if (_checkpoint is not { } checkpoint || checkpoint.Step < _step) return false;
        _step = checkpoint.Step;
        return true;
    }

    // Whether only members that would get no rank hold some part of the newest state. They then stay until a checkpoint is saved.
    private bool DropsNewestState(RankGrid grid) =>
        HeldRecoveryPoints.Newest(_members) is { } all && all.Step > (_checkpoint?.Step ?? 0)
            && all.Step > (HeldRecoveryPoints.Newest([.. OrderByRank(grid.World).Take(grid.World)])?.Step ?? -1);

    // The grid of the present members, larger than requested if the newest state would be lost otherwise; null if they are too few.
    private RankGrid? UsableGrid => NextGrid(out _) is { } grid && IsEnough(grid) ? grid : null;

    // Shorter after a stop request, so that the user does not wait as long.
    private TimeSpan ReplacementTimeout
    {
        get
        {
            var timeout = _job.Recovery!.ReplacementTimeout;
            return _stop is { Save: true } && timeout > _options.StopTimeout ? _options.StopTimeout : timeout;
        }
    }

    // The grid of the next epoch. It includes leaving workers only if their state would be lost otherwise, and then only to save it.
    private RankGrid? NextGrid(out bool isToSave)
    {
        var (few, all) = (FittingGrid, Grids.Fitting(_members.Count, _job.Plan));
        var leavesParts = few is not null && DropsNewestState(few);
        isToSave = _members.Exists(member => member.IsLeaving) && IsUnsaved && (leavesParts || !IsEnough(few));
        return isToSave || leavesParts ? all : few;
    }

    // All ranks have left.
    private void Replan(bool force)
    {
        var policy = _job.Recovery!;
        var grid = NextGrid(out var isToSave);
        var isStopping = _stop is { Save: true };
        if (grid?.World >= _wanted.World) PlanEnough(grid);
        else if (!force && !isToSave && ReplacementTimeout > TimeSpan.Zero && _state == JobState.Recovering)
        {
            foreach (var member in _members.Where(member => member.IsLeaving).ToList()) Dismiss(member);
            if (_isAwaitingReplacement) return;
            _isAwaitingReplacement = true;
            SetDeadline(ReplacementTimeout);
            Notify(new ReplacementAwaited(_wanted.World - _members.Count, ReplacementTimeout));
        }
        else if (IsEnough(grid) || (grid is not null && (isStopping || isToSave))) PlanEnough(grid!); // a save needs no minimum
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
        (_shortage, _savesLeft) = (null, _stop is null ? MaxSaves : _savesLeft);
        Plan(grid);
    }

    // The grid of the remaining members, too few to continue, if they hold a newer state than the checkpoint. They save it first.
    private RankGrid? SavingGrid =>
        Grids.Fitting(_members.Count, _job.Plan) is { } grid && IsUnsavedAmong([.. OrderByRank(grid.World).Take(grid.World)]) ? grid : null;

    // No remaining worker can save.
    private void StopUnsaved()
    {
        FindCheckpoint();
        var (step, saved) = _checkpoint is { } checkpoint
            ? (checkpoint.Step, $"the last checkpoint is {checkpoint.Directory} (step {checkpoint.Step})")
            : (0, "there is no checkpoint");
        (var lost, _step) = (Math.Max(0, _step - step), step);
        End(JobState.Stopped, $"{_stop!.Value.Reason}; no worker is left that holds the state: {lost} steps are lost, {saved}");
        _outcome = _outcome! with { StepsLost = lost };
    }
}
