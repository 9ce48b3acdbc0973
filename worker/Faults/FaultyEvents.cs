using Distributed.Training.Reports;

namespace Distributed.Worker.Faults;

/// <summary>Forwards events. After a committed step, injects its faults: on the training thread, before the next step.</summary>
internal sealed class FaultyEvents(ITrainingEvents inner, Action<long> committed) : ITrainingEvents
{
    public void Prepared(double seconds, string content) => inner.Prepared(seconds, content);

    public void Ready(long nextStep) => inner.Ready(nextStep);

    public void RecoveryPointTaken(RecoveryPointReport report) => inner.RecoveryPointTaken(report);

    public void StepCommitted(StepReport report)
    {
        inner.StepCommitted(report);
        committed(report.Step);
    }

    public void Evaluated(EvaluationReport report) => inner.Evaluated(report);

    public void EvaluationOmitted(long nextStep, long found, long needed) => inner.EvaluationOmitted(nextStep, found, needed);

    public void CheckpointSaved(CheckpointReport report) => inner.CheckpointSaved(report);

    public void CheckpointFailed(long step, string message) => inner.CheckpointFailed(step, message);

    public void Profiled(ProfileReport report) => inner.Profiled(report);
}
