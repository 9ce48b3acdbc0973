using Distributed.Training.Reports;

namespace Distributed.Training.Tests.Checkpointing;

/// <summary>Records the events of one rank.</summary>
internal sealed class RecordedEvents : ITrainingEvents
{
    /// <summary>The outcomes of saves, in order: "saved" or "failed", and the step.</summary>
    public List<string> Saves { get; } = [];

    /// <summary>Message of the last save that failed.</summary>
    public string? Failure { get; private set; }

    /// <summary>The committed steps, in order.</summary>
    public List<long> Steps { get; } = [];

    /// <summary>Called after a step was committed, with its number.</summary>
    public Action<long>? Committed { get; set; }

    public void Ready(long nextStep)
    {
    }

    public void StepCommitted(StepReport report)
    {
        Steps.Add(report.Step);
        Committed?.Invoke(report.Step);
    }

    public void Evaluated(EvaluationReport report)
    {
    }

    public void CheckpointSaved(CheckpointReport report) => Saves.Add($"saved {report.Step}");

    public void CheckpointFailed(long step, string message)
    {
        Saves.Add($"failed {step}");
        Failure = message;
    }

    public void RecoveryPointTaken(RecoveryPointReport report)
    {
    }

    public void Profiled(ProfileReport report)
    {
    }
}
