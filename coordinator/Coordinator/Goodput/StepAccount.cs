using Distributed.Protocol;

namespace Distributed.Coordinator.Goodput;

/// <summary>What the ranks say of the time of one step, from the commit before to its own.</summary>
internal sealed class StepAccount
{
    private readonly Dictionary<int, StepCommitted> _steps = [];
    private readonly Dictionary<int, double> _points = [];
    private double _checkpoint, _evaluation;

    /// <summary>A rank has done the step.</summary>
    public void Step(int rank, StepCommitted step) => _steps[rank] = step;

    /// <summary>A rank has taken its part of a recovery point.</summary>
    public void Point(int rank, double seconds) => _points[rank] = _points.GetValueOrDefault(rank) + seconds;

    /// <summary>Steps stood still for a checkpoint.</summary>
    public void Checkpoint(double seconds) => _checkpoint += seconds;

    /// <summary>Held-out text was scored.</summary>
    public void Evaluation(double seconds) => _evaluation += seconds;

    /// <summary>Shares out a stretch of the run's time.</summary>
    /// <param name="seconds">The stretch.</param>
    /// <param name="again">Whether the step was done before.</param>
    /// <param name="unclaimed">
    /// Idle seconds of the steps before: a commit that is heard late leaves some behind, and the next step's stretch is as much too short; that takes them back.
    /// </param>
    /// <param name="add">Takes the shares; they sum to the stretch.</param>
    /// <returns>What is unclaimed now.</returns>
    public double Settle(double seconds, bool again, double unclaimed, Action<LedgerCategory, double> add)
    {
        var left = seconds;
        Take(LedgerCategory.Checkpoint, _checkpoint);
        Take(LedgerCategory.RecoveryPoint, _points.Count == 0 ? 0 : _points.Values.Average());
        Take(LedgerCategory.Productive, _evaluation);
        if (_steps.Count > 0)
        {
            // The rank that spends least in exchanges is the one that the others wait for: the rest is the exchange itself.
            var exchange = _steps.Values.Min(step => step.ExchangeSeconds + step.CommitSeconds);
            Take(LedgerCategory.Data, _steps.Values.Average(step => step.BatchSeconds));
            Take(LedgerCategory.WaitingForPeer, _steps.Values.Average(step => step.ExchangeSeconds + step.CommitSeconds - exchange));
            Take(again ? LedgerCategory.Replay : LedgerCategory.Productive, _steps.Values.Average(step => step.Seconds - step.ExchangeSeconds) + exchange);
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
