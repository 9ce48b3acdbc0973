using Distributed.Protocol;
using Distributed.Simulation.Schedules.Exchanges;
using Distributed.Simulation.Schedules.Ledger;

namespace Distributed.Simulation.Schedules.Workers;

// Steps, and what is done between two of them.
internal sealed partial class LedgerRole
{
    // Of the save that ends a run.
    private const int LastAttempts = 2;

    private long _lastPoint = -1;
    private RecoveryMoment? _untold;            // taken, and not known to be complete
    private (CommittedStep State, TimeSpan WrittenAt)? _save;
    private (string? Folder, long Step)? _saved; // by rank 0, which tells of it at the next step

    /// <summary>An error that the next step is to end with.</summary>
    public (FailureKind Kind, FailureCause Cause, string Message)? Ailment { get; set; }

    private long LastStep => _world.Scenario.Job.Plan.Steps;

    private void NextStep() => Continue(_world.Scenario.StepTime(Worker.SeededRandom), () =>
    {
        if (Ailment is { Kind: not FailureKind.FailureNotFinite } ailment)
        {
            Fail(ailment.Kind, ailment.Cause, ailment.Message);
            return;
        }

        var next = _state!.Step + 1;
        var notFinite = Ailment is not null || next == _world.Scenario.NeverFinite;
        Meet(
            new BarrierTag(BarrierKind.Commit, next),
            new Arrival(this, _state, _stop, _leave, _save is null || _save.Value.WrittenAt <= _world.Time.Now, notFinite, SaveAsked: _saveAsked), Commit);
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
        AllHaveIt();
        Report(new WorkerEvent { Step = new StepCommitted { Loss = 1 } });
        TellOfSave();
        if (barrier.AllReady) EndSave();
        _world.OnCommitted(Worker, state.Step);
        if (IsOver) return;
        var (isLast, stopping, leaving) = (state.Step == LastStep, barrier.Stopping, barrier.Leaving);
        if (stopping || isLast) SaveAndEnd(stopped: stopping && !isLast, attempt: 1);
        else
        {
            var every = _world.Scenario.SaveEvery;
            if (barrier.SaveAsked)
            {
                EndSave(); // which is waited for
                TellOfSave();
                _save = (state, _world.Time.Now + _world.Scenario.SaveTime(Worker.SeededRandom));
            }

            if (every > 0 && state.Step % every == 0) _save ??= (state, _world.Time.Now + _world.Scenario.SaveTime(Worker.SeededRandom));
            if (_plan.Recovery is { } points && (leaving || _lastPoint < 0 || state.Step - _lastPoint >= Math.Max(1, points.Every))) TakePoint(points, leaving);
            else if (leaving) Finish(stopped: true);
            else NextStep();
        }
    }

    private void TakePoint(RecoveryPlan points, bool leaving)
    {
        var moment = new RecoveryMoment(Epoch, _state!.Step, _plan.World);
        Worker.Memory.Add(moment, Rank, _state);
        Meet(new BarrierTag(BarrierKind.Point, _state.Step), new Arrival(this, _state), _ =>
        {
            var ward = (Rank - points.BuddyShift + _plan.World) % _plan.World;
            if (ward != Rank) Worker.Memory.Add(moment, ward, _state);
            (_lastPoint, _untold) = (_state.Step, moment);
            Report(new WorkerEvent { RecoveryPoint = new RecoveryPointTaken { Bytes = 1, Every = points.Every } });
            if (!leaving) NextStep();
            else Meet(new BarrierTag(BarrierKind.Leave, _state.Step), new Arrival(this, _state), _ =>
            {
                AllHaveIt();
                Finish(stopped: true);
            });
        });
    }

    private void AllHaveIt()
    {
        if (_untold is not { } complete) return;
        Worker.Memory.KeepOnly(complete);
        _world.Confirm(complete);
        _untold = null;
    }

    // A save beside the steps is committed by rank 0 at a step at which all have written.
    private void EndSave()
    {
        if (_save is not { } save) return;
        _save = null;
        if (Rank == 0) _saved = (_world.Save(save.State), save.State.Step);
    }

    private void SaveAndEnd(bool stopped, int attempt)
    {
        TellOfSave();
        _save = null;
        Continue(_world.Scenario.SaveTime(Worker.SeededRandom), () => Meet(new BarrierTag(BarrierKind.Save, _state!.Step, attempt), new Arrival(this, _state), barrier =>
        {
            if (barrier.Folder is null && attempt == LastAttempts)
            {
                Fail(FailureKind.FailureFatal, FailureCause.Checkpoint, "the disk is full");
                return;
            }

            if (Rank == 0) Tell(barrier.Folder, _state!.Step);
            if (barrier.Folder is null) SaveAndEnd(stopped, attempt + 1);
            else Finish(stopped);
        }));
    }

    private void TellOfSave()
    {
        if (_saved is { } saved) Tell(saved.Folder, saved.Step);
        _saved = null;
    }

    private void Tell(string? folder, long step)
    {
        var message = folder is null ? new WorkerEvent { SaveFailed = new SaveFailed { Message = "the disk is full" } } : new WorkerEvent { Checkpoint = new CheckpointSaved { Directory = folder } };
        message.Identity = _identity.Clone();
        message.Identity.Step = step;
        Worker.Say(message);
    }
}
