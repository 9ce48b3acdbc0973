using Distributed.Checkpoints;
using Distributed.Cli.Output;
using Distributed.Coordinator.Goodput;
using Distributed.Coordinator.Jobs;
using Distributed.Training.Jobs;

namespace Distributed.Cli.Faults;

/// <summary>Observes a new run under faults and checks its invariants afterwards.</summary>
internal sealed class ChaosObserver : IJobObserver
{
    private const double LedgerTolerance = 1e-3; // seconds; the sums of the ledger are rounded

    private readonly StepLineage _lineage = new();
    private readonly LostSteps _lost = new();

    /// <summary>Whether the run had the same number of workers from start to end.</summary>
    public bool HasOneLayout => _lineage.HasOneLayout;

    /// <inheritdoc/>
    public void On(JobNotice notice)
    {
        _lineage.On(notice);
        _lost.On(notice);
    }

    /// <summary>Checks the run after its end.</summary>
    /// <param name="job">The job of the run.</param>
    /// <param name="outcome">The outcome of the run.</param>
    public IEnumerable<ChaosCheck> Checks(TrainingJob job, JobOutcome outcome)
    {
        var completed = outcome.State == JobState.Completed;
        yield return new ChaosCheck("completed", completed, outcome.Reason);
        yield return Steps(job, completed);
        yield return completed ? Samples(job) : new ChaosCheck("samples", null, "the run did not reach its last checkpoint");
        yield return Lost();
        if (outcome.Ledger is { } ledger) yield return Time(ledger);
    }

    private ChaosCheck Steps(TrainingJob job, bool completed)
    {
        var text = $"each of {Amount.Of(_lineage.Committed, "step")} is in the final history once; "
            + $"{Amount.Of(_lineage.Epochs, "new epoch")} replayed {Amount.Of(_lineage.Repeated, "step")}";
        var right = _lineage.Problems.Count == 0 && (!completed || _lineage.Committed == job.Training.Steps);
        var problems = string.Join("; ", _lineage.Problems.Take(3));
        return new ChaosCheck("steps", right,
            right ? text : $"{problems}; {_lineage.Committed} of {job.Training.Steps} steps were committed");
    }

    // The order of samples depends on their position only, and each step takes the same number: if each step is once in the history, so is
    // each sample.
    private static ChaosCheck Samples(TrainingJob job)
    {
        using var last = Checkpoint.Open(job.Checkpoint.Directory);
        var (cursor, wanted) = (last.State.SampleCursor, (long)job.Training.Steps * job.Training.GlobalBatch);
        return new ChaosCheck("samples", cursor == wanted && last.State.Step == job.Training.Steps,
            $"the cursor of the last checkpoint is {cursor} after {last.State.Step} steps of {job.Training.GlobalBatch} samples");
    }

    private ChaosCheck Lost() => new("lost", _lost.Avoidable == 0, (_lost.Avoidable, _lost.Unavoidable) switch
    {
        (0, 0) => "no committed step was lost",
        (0, var both) => $"{StepsLost(both)}, because both copies of a rank's recovery point were lost",
        var (needlessly, _) => $"{StepsLost(needlessly)}, although a copy of every rank's recovery point was left",
    });

    private static string StepsLost(long count) => $"{Amount.Of(count, "committed step was", "committed steps were")} lost";

    private static ChaosCheck Time(GoodputReport ledger)
    {
        var sum = ledger.Seconds.Values.Sum();
        return new ChaosCheck("time", Math.Abs(sum - ledger.Wall) <= LedgerTolerance,
            Format.Invariant($"the ledger accounts for {sum:0.000} of {ledger.Wall:0.000} s"));
    }
}
