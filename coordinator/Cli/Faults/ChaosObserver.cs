using Distributed.Checkpoints;
using Distributed.Cli.Output;
using Distributed.Coordinator.Goodput;
using Distributed.Coordinator.Jobs;
using Distributed.Training.Jobs;

namespace Distributed.Cli.Faults;

/// <summary>Watches a run that begins afresh, and says afterwards whether what must hold does.</summary>
internal sealed class ChaosObserver : IJobObserver
{
    private const double LedgerTolerance = 1e-3; // seconds: each of its sums is rounded

    private readonly StepLineage _lineage = new();
    private readonly LostSteps _lost = new();

    /// <summary>Whether the run ended on as many workers as it began with, and had so many all the time.</summary>
    public bool HasOneLayout => _lineage.HasOneLayout;

    /// <inheritdoc/>
    public void On(JobNotice notice)
    {
        _lineage.On(notice);
        _lost.On(notice);
    }

    /// <summary>What must hold of the run.</summary>
    /// <param name="job">Its job.</param>
    /// <param name="outcome">How it ended.</param>
    public IEnumerable<ChaosCheck> Checks(TrainingJob job, JobOutcome outcome)
    {
        var completed = outcome.State == JobState.Completed;
        yield return new ChaosCheck("completed", completed, outcome.Reason);
        yield return Steps(job, completed);
        yield return completed ? Samples(job) : new ChaosCheck("samples", null, "the run did not come to its last checkpoint");
        yield return Lost();
        if (outcome.Ledger is { } ledger) yield return Time(ledger);
    }

    private ChaosCheck Steps(TrainingJob job, bool completed)
    {
        var text = Format.Invariant($"each of {_lineage.Committed} once in what the run consists of; {Amount.Of(_lineage.Epochs, "time")} it went back, and did {Amount.Of(_lineage.Repeated, "step")} again");
        var right = _lineage.Problems.Count == 0 && (!completed || _lineage.Committed == job.Training.Steps);
        return new ChaosCheck("steps", right, right ? text : $"{string.Join("; ", _lineage.Problems.Take(3))}; {_lineage.Committed} of {job.Training.Steps} were committed in the end");
    }

    // The order of samples depends on their position only, and each step takes as many: with each step once, so was each sample.
    private static ChaosCheck Samples(TrainingJob job)
    {
        using var last = Checkpoint.Open(job.Checkpoint.Directory);
        var (cursor, wanted) = (last.State.SampleCursor, (long)job.Training.Steps * job.Training.GlobalBatch);
        return new ChaosCheck("samples", cursor == wanted && last.State.Step == job.Training.Steps, $"the cursor of the last checkpoint stands at {cursor}, after {last.State.Step} steps of {job.Training.GlobalBatch} samples");
    }

    private ChaosCheck Lost() => new("lost", _lost.Needlessly == 0, (_lost.Needlessly, _lost.WithBothCopies) switch
    {
        (0, 0) => "no committed step was lost",
        (0, var both) => $"{Amount.Of(both, "committed step was", "committed steps were")} lost, with both copies of a rank's part of the recovery point",
        var (needlessly, _) => $"{Amount.Of(needlessly, "committed step was", "committed steps were")} lost, although some copy of every part of the recovery point was left",
    });

    private static ChaosCheck Time(GoodputReport ledger)
    {
        var sum = ledger.Seconds.Values.Sum();
        return new ChaosCheck("time", Math.Abs(sum - ledger.Wall) <= LedgerTolerance, Format.Invariant($"the ledger accounts for {sum:0.000} of {ledger.Wall:0.000} s"));
    }
}
