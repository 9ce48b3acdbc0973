using Distributed.Protocol;

namespace Distributed.Coordinator.Goodput;

/// <summary>The ranks' reports on the time of one step, from the previous commit to its own.</summary>
internal sealed class StepAccount
{
    private readonly Dictionary<int, StepCommitted> _steps = [];
    private readonly Dictionary<int, double> _points = [];
    private double _checkpoint, _evaluation;

    /// <summary>Adds the step of a rank.</summary>
    public void AddStep(int rank, StepCommitted step) => _steps[rank] = step;

    /// <summary>Adds the seconds that a rank spent on its part of a recovery point.</summary>
    public void AddRecoveryPoint(int rank, double seconds) => _points[rank] = _points.GetValueOrDefault(rank) + seconds;

    /// <summary>Adds the seconds for which a checkpoint blocked the steps.</summary>
    public void AddCheckpoint(double seconds) => _checkpoint += seconds;

    /// <summary>Adds the seconds of an evaluation.</summary>
    public void AddEvaluation(double seconds) => _evaluation += seconds;

    /// <summary>Distributes an interval of the run's time over the categories.</summary>
    /// <param name="seconds">Length of the interval, in seconds.</param>
    /// <param name="again">Whether the step is a repetition.</param>
    /// <param name="unclaimed">
    /// Idle seconds of the previous steps. A commit that arrives late adds idle time, and shortens the interval of the next step by as
    /// much; the next step reclaims that time.
    /// </param>
    /// <param name="add">Receives the seconds of each category; they sum to the interval.</param>
    /// <returns>The unclaimed idle seconds after this step.</returns>
    public double Distribute(double seconds, bool again, double unclaimed, Action<LedgerCategory, double> add)
    {
        var left = seconds;
        Take(LedgerCategory.Checkpoint, _checkpoint);
        Take(LedgerCategory.RecoveryPoint, _points.Count == 0 ? 0 : _points.Values.Average());
        Take(LedgerCategory.Productive, _evaluation);
        if (_steps.Count > 0)
        {
            // The other ranks wait for the rank that spends the least time in exchanges; its time is that of the exchange itself.
            var exchange = _steps.Values.Min(step => step.ExchangeSeconds + step.CommitSeconds);
            Take(LedgerCategory.Data, _steps.Values.Average(step => step.BatchSeconds));
            Take(LedgerCategory.WaitingForPeer, _steps.Values.Average(step => step.ExchangeSeconds + step.CommitSeconds - exchange));
            Take(again ? LedgerCategory.Replay : LedgerCategory.Productive,
                _steps.Values.Average(step => step.Seconds - step.ExchangeSeconds) + exchange);
        }

        add(LedgerCategory.Idle, left);
        return unclaimed + left;

        void Take(LedgerCategory category, double share)
        {
            var taken = Math.Clamp(share, 0, left);
            var claimed = Math.Clamp(share - taken, 0, unclaimed);
            add(category, taken + claimed);
            add(LedgerCategory.Idle, -claimed);
            (left, unclaimed) = (left - taken, unclaimed - claimed);
        }
    }
}
