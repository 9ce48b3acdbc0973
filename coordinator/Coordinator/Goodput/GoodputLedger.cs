using Distributed.Coordinator.Jobs;
using Distributed.Protocol;

namespace Distributed.Coordinator.Goodput;

/// <summary>
/// Keeps account of a run's time by the coordinator's clock: every stretch from one event to the next belongs to one category, or is shared
/// out as the ranks say, so that all sums to the time of the run. Safe for several threads.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class GoodputLedger(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<LedgerCategory, double> _seconds = Enum.GetValues<LedgerCategory>().ToDictionary(category => category, _ => 0.0);
    private readonly long _begin = time.GetTimestamp();
    private long _mark = time.GetTimestamp();
    private LedgerCategory _until = LedgerCategory.Start; // what the time goes to while no group stands
    private StepAccount _account = new();
    private bool _stands;
    private double _unclaimed; // idle, of the steps of this epoch
    private long _done, _replayed, _lost;

    /// <summary>How things are now.</summary>
    public GoodputReport Report
    {
        get
        {
            using var scope = _gate.EnterScope();
            var (seconds, wall) = (new Dictionary<LedgerCategory, double>(_seconds), time.GetElapsedTime(_begin).TotalSeconds);
            seconds[_stands ? LedgerCategory.Idle : _until] += time.GetElapsedTime(_mark).TotalSeconds;
            return new GoodputReport(seconds, wall, _replayed, _lost);
        }
    }

    /// <summary>Takes a notice in, at the time at which it came.</summary>
    public void On(JobNotice notice)
    {
        using var scope = _gate.EnterScope();
        switch (notice)
        {
            case RankReported { Rank: var rank, Event: var message }:
                Hear(rank, message);
                break;
            case RecoveryBegan:
                if (_stands) Add(LedgerCategory.Detection, Stretch());
                Fall(LedgerCategory.Recovery);
                break;
            case RescaleBegan:
                _until = LedgerCategory.Recovery; // the step in hand is still done
                break;
            case EpochBegan epoch:
                (_replayed, _lost) = (_replayed + epoch.Replayed, _lost + epoch.Lost);
                Fall(LedgerCategory.Recovery);
                break;
            case StateChanged { To: JobState.Paused }:
                Close();
                Fall(LedgerCategory.Idle);
                break;
            case StateChanged { To: JobState.Completed or JobState.Failed or JobState.Stopped }:
                Close();
                Fall(LedgerCategory.Idle);
                break;
            default: break;
        }
    }

    private void Hear(int rank, WorkerEvent message)
    {
        switch (message.EventCase)
        {
            case WorkerEvent.EventOneofCase.Ready when rank == 0:
                var stretch = Stretch();
                var data = Math.Clamp(message.Ready.DataSeconds, 0, stretch);
                Add(LedgerCategory.Data, data);
                Add(_until, stretch - data);
                (_stands, _account, _unclaimed) = (true, new StepAccount(), 0);
                break;
            case WorkerEvent.EventOneofCase.Step:
                if (rank == 0) Close(message.Identity.Step, message.Step);
                else _account.Step(rank, message.Step);
                _stands = true;
                break;
            case WorkerEvent.EventOneofCase.RecoveryPoint: _account.Point(rank, message.RecoveryPoint.Seconds); break;
            case WorkerEvent.EventOneofCase.Checkpoint: _account.Checkpoint(message.Checkpoint.HeldUpSeconds); break;
            case WorkerEvent.EventOneofCase.Evaluation when rank == 0: _account.Evaluation(message.Evaluation.Seconds); break;
            default: break;
        }
    }

    // Rank 0 marks the steps; what the others say of one may be counted with the next.
    private void Close(long step, StepCommitted report)
    {
        _account.Step(0, report);
        _unclaimed = _account.Settle(Stretch(), step <= _done, _unclaimed, Add);
        _account = new StepAccount();
        _done = Math.Max(_done, step);
    }

    private void Close()
    {
        if (_stands) _account.Settle(Stretch(), again: false, _unclaimed, Add);
        _account = new StepAccount();
    }

    private void Fall(LedgerCategory until)
    {
        if (!_stands) Add(_until, Stretch());
        else Close();
        (_stands, _until) = (false, until);
    }

    private double Stretch()
    {
        var now = time.GetTimestamp();
        var seconds = time.GetElapsedTime(_mark, now).TotalSeconds;
        _mark = now;
        return seconds;
    }

    private void Add(LedgerCategory category, double seconds) => _seconds[category] += seconds;
}
