using Distributed.Protocol;
using Distributed.Simulation.Exchanges;
using Distributed.Simulation.Ledger;

namespace Distributed.Simulation.Workers;

// The steps, and the work between two of them.
internal sealed partial class LedgerRole
{
    // Attempts of the save that ends a run.
    private const int LastAttempts = 2;

    private long _lastPoint = -1;
    private LedgerPointId? _unconfirmed;       // taken, and not known to be complete on every rank
    private (CommittedStep State, TimeSpan WrittenAt)? _save;
    private (string? Folder, long Step)? _saved; // of rank 0, which reports it at the next step

    /// <summary>The error with which the next step fails; null for none.</summary>
    public (FailureKind Kind, FailureCause Cause, string Message)? PendingFailure { get; set; }

    private long LastStep => _world.Scenario.Job.Plan.Steps;

    private void NextStep() => Continue(_world.Scenario.StepTime(Worker.Random), () =>
    {
        if (PendingFailure is { Kind: not FailureKind.FailureNotFinite } failure)
        {
            Fail(failure.Kind, failure.Cause, failure.Message);
            return;
        }

        var next = _state!.Step + 1;
        var notFinite = PendingFailure is not null || next == _world.Scenario.NonFiniteStep;
        ArriveAt(
            new BarrierTag(BarrierKind.Commit, next),
            new Arrival(this, _state, _stop, _leave, _save is null || _save.Value.WrittenAt <= _world.Time.Now, notFinite,
                SaveAsked: _saveAsked), Commit);
        _saveAsked = false;
    });

    private void Commit(RankBarrier barrier)
    {
        if (barrier.Result is not { } state)
        {
            Fail(FailureKind.FailureNotFinite, FailureCause.NotFinite, $"Step {barrier.Tag.Step}: the loss is not finite");
            return;
        }

        _state = state;
        ConfirmRecoveryPoint();
        Report(new WorkerEvent { Step = new StepCommitted { Loss = 1 } });
        ReportSave();
        if (barrier.AllReady) EndSave();
        _world.OnCommitted(Worker, state.Step);
        if (IsOver) return;
        var (isLast, stopping, leaving) = (state.Step == LastStep, barrier.IsStopping, barrier.IsLeaving);
        if (stopping || isLast) SaveAndEnd(stopped: stopping && !isLast, attempt: 1);
        else
        {
            var every = _world.Scenario.SaveEvery;
            if (barrier.IsSaveRequested)
            {
                EndSave(); // the step waits for it
                ReportSave();
                _save = (state, _world.Time.Now + _world.Scenario.SaveTime(Worker.Random));
            }

            if (every > 0 && state.Step % every == 0) _save ??= (state, _world.Time.Now + _world.Scenario.SaveTime(Worker.Random));
            if (_plan.Recovery is { } points && (leaving || _lastPoint < 0 || state.Step - _lastPoint >= Math.Max(1, points.Every)))
                TakePoint(points, leaving);
            else if (leaving) Finish(stopped: true);
            else NextStep();
        }
    }

    private void TakePoint(RecoveryPlan points, bool leaving)
    {
        var id = new LedgerPointId(Epoch, _state!.Step, _plan.World);
        Worker.Memory.Add(id, Rank, _state);
        ArriveAt(new BarrierTag(BarrierKind.Point, _state.Step), new Arrival(this, _state), _ =>
        {
            var ward = (Rank - points.BuddyShift + _plan.World) % _plan.World;
            if (ward != Rank) Worker.Memory.Add(id, ward, _state);
            (_lastPoint, _unconfirmed) = (_state.Step, id);
            Report(new WorkerEvent { RecoveryPoint = new RecoveryPointTaken { Bytes = 1, Every = points.Every } });
            if (!leaving) NextStep();
            else ArriveAt(new BarrierTag(BarrierKind.Leave, _state.Step), new Arrival(this, _state), _ =>
            {
                ConfirmRecoveryPoint();
                Finish(stopped: true);
            });
        });
    }

    private void ConfirmRecoveryPoint()
    {
        if (_unconfirmed is not { } complete) return;
        Worker.Memory.KeepOnly(complete);
        _world.Confirm(complete);
        _unconfirmed = null;
    }

    // Rank 0 commits a save that was written beside the steps at the first step at which all ranks have written.
    private void EndSave()
    {
        if (_save is not { } save) return;
        _save = null;
        if (Rank == 0) _saved = (_world.Save(save.State), save.State.Step);
    }

    private void SaveAndEnd(bool stopped, int attempt)
    {
        ReportSave();
        _save = null;
        Continue(_world.Scenario.SaveTime(Worker.Random),
            () => ArriveAt(new BarrierTag(BarrierKind.Save, _state!.Step, attempt), new Arrival(this, _state), barrier =>
        {
            if (barrier.Folder is null && attempt == LastAttempts)
            {
                Fail(FailureKind.FailureFatal, FailureCause.Checkpoint, "the disk is full");
                return;
            }

            if (Rank == 0) ReportSave(barrier.Folder, _state!.Step);
            if (barrier.Folder is null) SaveAndEnd(stopped, attempt + 1);
            else Finish(stopped);
        }));
    }

    private void ReportSave()
    {
        if (_saved is { } saved) ReportSave(saved.Folder, saved.Step);
        _saved = null;
    }

    private void ReportSave(string? folder, long step)
    {
        var message = folder is null
            ? new WorkerEvent { SaveFailed = new SaveFailed { Message = "the disk is full" } }
            : new WorkerEvent { Checkpoint = new CheckpointSaved { Directory = folder } };
        message.Identity = _identity.Clone();
        message.Identity.Step = step;
        Worker.Send(message);
    }
}
