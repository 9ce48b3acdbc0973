using Distributed.Protocol;
using Distributed.Simulation.Schedules.Exchanges;

namespace Distributed.Simulation.Schedules.Workers;

// How a role ends: as it was told, because of another rank, or by an error of its own.
internal sealed partial class LedgerRole
{
    private const int NobodyKnown = -1;

    private bool _stop, _leave, _atOnce, _saveAsked;
    private Action? _whenOver;

    /// <summary>As the coordinator says.</summary>
    public void Stop(StopJob how)
    {
        if (how.Save) _stop = true;
        else if (how.Leave) _leave = true;
        else StopAtOnce(null);
    }

    /// <summary>A checkpoint is asked for; it continues.</summary>
    public void AskToSave() => _saveAsked = true;

    /// <summary>Ends with a checkpoint, on its own request.</summary>
    public void SaveAndLeave(Action then)
    {
        _whenOver += then;
        _stop = true;
    }

    /// <summary>Leaves its exchange as soon as it can; until then it goes on.</summary>
    public void StopAtOnce(Action? then)
    {
        _whenOver += then;
        if (IsOver || _atOnce) return;
        _atOnce = _stop = true;
        Continue(_world.Scenario.FenceTime(Worker.SeededRandom), () => Finish(stopped: true, departs: true));
    }

    /// <summary>Its exchange tells that a rank has gone.</summary>
    public void LosePeer(int rank)
    {
        if (IsOver) return;
        if (_atOnce) Finish(stopped: true, departs: true); // as told
        else FailBecauseOf(rank, $"rank {rank} was lost");
    }

    /// <summary>Its process is there no more.</summary>
    public void Vanish()
    {
        IsOver = true;
        Group.Depart(this);
    }

    private void RunOutOfPatience(BarrierTag tag)
    {
        if (IsOver || _waitsFor != tag) return;
        var missing = Group.Missing(tag);
        FailBecauseOf(tag.Kind == BarrierKind.Join ? null : missing, "the others did not come");
    }

    private void FailBecauseOf(int? culprit, string message) =>
        Fail(new Failed { Kind = FailureKind.FailureTransient, Cause = FailureCause.Exchange, Message = message, Consequence = true, Culprit = culprit ?? NobodyKnown });

    private void Fail(FailureKind kind, FailureCause cause, string message) => Fail(new Failed { Kind = kind, Cause = cause, Message = message });

    private void Fail(Failed failed)
    {
        failed.Rank = Rank;
        failed.Held.AddRange(Worker.Memory.ToWire());
        End(new WorkerEvent { Failed = failed }, departs: true);
    }

    private void Finish(bool stopped, bool departs = false) => End(new WorkerEvent { Finished = new Finished { Stopped = stopped, Held = { Worker.Memory.ToWire() } } }, departs);

    private void End(WorkerEvent last, bool departs)
    {
        IsOver = true;
        if (departs) Group.Depart(this);
        Last = last;
        Report(last);
        _whenOver?.Invoke();
        _whenOver = null;
    }
}
