using Distributed.Protocol;
using Distributed.Simulation.Exchanges;

namespace Distributed.Simulation.Workers;

// The ways in which a role ends: on a stop order, because of another rank, or with an error of its own.
internal sealed partial class LedgerRole
{
    private const int UnknownRank = -1;

    private bool _stop, _leave, _atOnce, _saveAsked;
    private Action? _whenOver;

    /// <summary>Applies a stop order of the coordinator.</summary>
    public void Stop(StopJob how)
    {
        if (how.Save) _stop = true;
        else if (how.Leave) _leave = true;
        else StopAtOnce(null);
    }

    /// <summary>Requests a checkpoint; the role continues.</summary>
    public void AskToSave() => _saveAsked = true;

    /// <summary>Ends the role with a checkpoint, at the request of its own worker.</summary>
    public void SaveAndLeave(Action then)
    {
        _whenOver += then;
        _stop = true;
    }

    /// <summary>Ends the role as soon as it can leave its exchange; until then it continues.</summary>
    public void StopAtOnce(Action? then)
    {
        _whenOver += then;
        if (IsOver || _atOnce) return;
        _atOnce = _stop = true;
        Continue(_world.Scenario.FenceTime(Worker.Random), () => Finish(stopped: true, departs: true));
    }

    /// <summary>The exchange reports that a rank was lost.</summary>
    public void LosePeer(int rank)
    {
        if (IsOver) return;
        if (_atOnce) Finish(stopped: true, departs: true); // as ordered
        else FailBecauseOf(rank, $"rank {rank} was lost");
    }

    /// <summary>Ends the role with its process.</summary>
    public void EndWithProcess()
    {
        IsOver = true;
        Group.Depart(this);
    }

    private void OnExchangeTimeout(BarrierTag tag)
    {
        if (IsOver || _waitsFor != tag) return;
        var missing = Group.Missing(tag);
        FailBecauseOf(tag.Kind == BarrierKind.Join ? null : missing, "the other ranks did not arrive");
    }

    private void FailBecauseOf(int? culprit, string message) =>
        Fail(new Failed
        {
            Kind = FailureKind.FailureTransient, Cause = FailureCause.Exchange, Message = message, Consequence = true,
            Culprit = culprit ?? UnknownRank,
        });

    private void Fail(FailureKind kind, FailureCause cause, string message) =>
        Fail(new Failed { Kind = kind, Cause = cause, Message = message });

    private void Fail(Failed failed)
    {
        failed.Rank = Rank;
        failed.Held.AddRange(Worker.Memory.ToWire());
        End(new WorkerEvent { Failed = failed }, departs: true);
    }

    private void Finish(bool stopped, bool departs = false) =>
        End(new WorkerEvent { Finished = new Finished { Stopped = stopped, Held = { Worker.Memory.ToWire() } } }, departs);

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
