using Distributed.Coordinator.Jobs;
using Distributed.Protocol;

namespace Distributed.Coordinator.Goodput;

/// <summary>
/// Accounts the time of a run by the coordinator's clock. Each interval between two events belongs to one category, or is distributed by
/// the times that the ranks report, so that the categories sum to the time of the run. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class GoodputLedger(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<LedgerCategory, double> _seconds = Enum.GetValues<LedgerCategory>()
        .ToDictionary(category => category, _ => 0.0);
    private readonly long _begin = time.GetTimestamp();
    private long _mark = time.GetTimestamp();
    private LedgerCategory _categoryWithoutGroup = LedgerCategory.Start; // category of the time while no group runs
    private StepAccount _account = new();
    private bool _isGroupRunning;
    private double _unclaimed; // idle seconds of the steps of this epoch
    private long _furthest, _replayed, _lost;

    /// <summary>The account up to now.</summary>
    public GoodputReport Report
    {
        get
        {
            using var scope = _gate.EnterScope();
            var (seconds, wall) = (new Dictionary<LedgerCategory, double>(_seconds), time.GetElapsedTime(_begin).TotalSeconds);
            seconds[_isGroupRunning ? LedgerCategory.Idle : _categoryWithoutGroup] += time.GetElapsedTime(_mark).TotalSeconds;
            return new GoodputReport(seconds, wall, _replayed, _lost);
        }
    }

    /// <summary>Records a notice at the current time.</summary>
    /// <param name="notice">The notice.</param>
    public void On(JobNotice notice)
    {
        using var scope = _gate.EnterScope();
        switch (notice)
        {
            case RankReported { Rank: var rank, Event: var message }:
                OnReport(rank, message);
                break;
            case RecoveryBegan:
                if (_isGroupRunning) Add(LedgerCategory.Detection, TakeElapsed());
                EndGroup(LedgerCategory.Recovery);
                break;
            case RescaleBegan:
                _categoryWithoutGroup = LedgerCategory.Recovery; // the current step still completes
                break;
            case EpochBegan epoch:
                (_replayed, _lost) = (_replayed + epoch.Replayed, _lost + epoch.Lost);
                EndGroup(LedgerCategory.Recovery);
                break;
            case StateChanged { To: JobState.Paused }:
                Close();
                EndGroup(LedgerCategory.Idle);
                break;
            case StateChanged { To: JobState.Completed or JobState.Failed or JobState.Stopped }:
                Close();
                EndGroup(LedgerCategory.Idle);
                break;
            default: break;
        }
    }

    private void OnReport(int rank, WorkerEvent message)
    {
        switch (message.EventCase)
        {
            case WorkerEvent.EventOneofCase.Ready when rank == 0:
                var elapsed = TakeElapsed();
                var data = Math.Clamp(message.Ready.DataSeconds, 0, elapsed);
                Add(LedgerCategory.Data, data);
                Add(_categoryWithoutGroup, elapsed - data);
                (_isGroupRunning, _account, _unclaimed) = (true, new StepAccount(), 0);
                break;
            case WorkerEvent.EventOneofCase.Step:
                if (rank == 0) Close(message.Identity.Step, message.Step);
                else _account.AddStep(rank, message.Step);
                _isGroupRunning = true;
                break;
            case WorkerEvent.EventOneofCase.RecoveryPoint: _account.AddRecoveryPoint(rank, message.RecoveryPoint.Seconds); break;
            case WorkerEvent.EventOneofCase.Checkpoint: _account.AddCheckpoint(message.Checkpoint.HeldUpSeconds); break;
            case WorkerEvent.EventOneofCase.Evaluation when rank == 0: _account.AddEvaluation(message.Evaluation.Seconds); break;
            default: break;
        }
    }

    // Rank 0 delimits the steps. Reports of the other ranks on a step may count with the next step.
    private void Close(long step, StepCommitted report)
    {
        _account.AddStep(0, report);
        _unclaimed = _account.Distribute(TakeElapsed(), step <= _furthest, _unclaimed, Add);
        _account = new StepAccount();
        _furthest = Math.Max(_furthest, step);
    }

    private void Close()
    {
        if (_isGroupRunning) _account.Distribute(TakeElapsed(), again: false, _unclaimed, Add);
        _account = new StepAccount();
    }

    private void EndGroup(LedgerCategory category)
    {
        if (!_isGroupRunning) Add(_categoryWithoutGroup, TakeElapsed());
        else Close();
        (_isGroupRunning, _categoryWithoutGroup) = (false, category);
    }

    private double TakeElapsed()
    {
        var now = time.GetTimestamp();
        var seconds = time.GetElapsedTime(_mark, now).TotalSeconds;
        _mark = now;
        return seconds;
    }

    private void Add(LedgerCategory category, double seconds) => _seconds[category] += seconds;
}
