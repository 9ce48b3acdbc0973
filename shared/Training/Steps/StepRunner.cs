using Distributed.Parallel.Forward;
using Distributed.Parallel.Profiling;
using Distributed.Training.Batches;
using Distributed.Training.Reports;
using Distributed.Training.Schedules;

namespace Distributed.Training.Steps;

/// <summary>Runs the steps of a job: builds the batches, runs the step at its learning rate, and frees the batches.</summary>
/// <param name="step">The training step.</param>
/// <param name="batches">This rank's batches.</param>
/// <param name="schedule">The learning rates.</param>
/// <param name="timeline">Receives the time of building the batches; null measures nothing.</param>
/// <param name="time">The clock.</param>
internal sealed class StepRunner(
    TrainingStep step, TrainingBatches batches, ILearningRateSchedule schedule, StepTimeline? timeline, TimeProvider time)
{
    /// <summary>Runs a step. Exchanges as <see cref="TrainingStep.Run"/> does: every rank must call it.</summary>
    /// <param name="before">Steps committed before.</param>
    /// <exception cref="NotFiniteException">The loss or the gradient norm is not finite; no weight has changed.</exception>
    public StepReport Run(long before)
    {
        IReadOnlyList<TokenBatch> micro;
        var start = time.GetTimestamp();
        using (timeline?.Span("batch")) micro = batches.Build(before);
        var batching = time.GetElapsedTime(start);
        start = time.GetTimestamp();
        StepReport report;
        try
        {
            report = step.Run(before, schedule.RateAt(before + 1), micro);
        }
        finally
        {
            foreach (var batch in micro) batch.Dispose();
        }

        // Seconds includes freeing the memory of the batches.
        return report with { BatchSeconds = batching.TotalSeconds, Seconds = time.GetElapsedTime(start).TotalSeconds };
    }
}
