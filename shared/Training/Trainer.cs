using Distributed.Checkpoints;
using Distributed.Data.Preparation;
using Distributed.Data.Sampling;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Profiling;
using Distributed.Tensors.Processor;
using Distributed.Training.Batches;
using Distributed.Training.Checkpointing;
using Distributed.Training.Evaluation;
using Distributed.Training.Jobs;
using Distributed.Training.Objectives;
using Distributed.Training.Profiling;
using Distributed.Training.Recovery;
using Distributed.Training.Reports;
using Distributed.Training.Steps;
using Distributed.Transports;

namespace Distributed.Training;

/// <summary>
/// Trains on one rank, from the first or a saved step to the last. The group commits a step with an all-reduce over all ranks after the
/// optimizer step. The same all-reduce distributes requests to stop, to leave or to save.
/// </summary>
/// <param name="assignment">The job, its placement and the state to start from.</param>
/// <param name="data">The job's prepared text, tokenizer and held-out text.</param>
/// <param name="groups">This rank's exchanges with its groups; the caller disposes them.</param>
/// <param name="epoch">Epoch of the groups.</param>
/// <param name="events">Receives the events of this rank.</param>
/// <param name="time">The clock.</param>
/// <param name="profiler">
/// Measures some of the steps; null measures none. Wrap <paramref name="groups"/> with <see cref="StepProfiler.Wrap"/>.
/// </param>
public sealed class Trainer(
    TrainerAssignment assignment, PreparedData data, RankGroups groups, long epoch, ITrainingEvents events, TimeProvider time,
    StepProfiler? profiler = null) : IDisposable
{
    private readonly ExchangeCollectives _world = new(groups.World, epoch), _replicas = new(groups.Replicas, epoch);
    private readonly TrainingJob _job = assignment.Job;

    /// <summary>
    /// Runs the training on the calling thread. The thread should be the rank's own: its number of compute threads is set.
    /// </summary>
    /// <param name="stop">Cancelled to end the run after the current step, with a checkpoint.</param>
    /// <param name="leave">Cancelled to end the run after the current step, with a recovery point, because the group will change.</param>
    /// <param name="takeSaveRequest">
    /// Returns true if a checkpoint after the current step was requested since the last call. A request on one rank is enough. Null for no
    /// requests.
    /// </param>
    /// <exception cref="TrainingException">The run cannot continue.</exception>
    /// <exception cref="CheckpointException">
    /// The checkpoint to resume from is damaged or is of another network, or the last checkpoint cannot be saved.
    /// </exception>
    public TrainingOutcome Run(CancellationToken stop, CancellationToken leave = default, Func<bool>? takeSaveRequest = null)
    {
        ComputeThread.Prepare(_job.Parallel.Threads(Environment.ProcessorCount));
        using var network = NetworkFactory.Create(_job, assignment.Placement, groups, epoch, time);
        using var checkpoints = RunCheckpoints.Create(assignment, network, _world, epoch, events, time);
        // A new run removes the checkpoints of other runs only after everything that it reads is loaded.
        var isNew = assignment is { Checkpoint: null, Recovery: null };
        if (!isNew) checkpoints.ClaimFolder(OtherRunsPolicy.Of(assignment), assignment.RunIdentity);
        var points = assignment.RecoveryOptions is { } options
            ? new RecoveryPointTaker(network, groups.World, _world, epoch, assignment.RecoveryPoints!, options, time) : null;
        var start = InitialState.Load(assignment, network, data.Tokenizer, groups.World, _world, epoch);
        using var objective = ObjectiveFactory.Create(_job, network.Model, data.Tokenizer, groups, epoch, time);
        if (isNew) checkpoints.ClaimFolder(OtherRunsPolicy.Of(assignment), assignment.RunIdentity);
        var steps = Steps(network, objective, start);
        var evaluator = new Evaluator(network.Model, network.Forward, objective, _world, data,
            NetworkFactory.EvaluationOptions(_job, _world.Size), time);
        var states = new RunStates(assignment, data.ContentId, groups);
        var commit = new StepCommit(_world, stop, leave, takeSaveRequest);
        ReportReady(start.Step, evaluator);
        if (start.Step == 0 && _job.Evaluation.AtEnd) Evaluate(evaluator, 0, stop);

        for (var before = start.Step; before < _job.Training.Steps; before++)
        {
            SetStep(before + 1);
            var (report, decision) = RunAndCommit(before, steps, commit, checkpoints, points);
            events.StepCommitted(report);
            checkpoints.ContinueSave(decision.IsSaveReady, decision.IsFolderMissing, report.Step);

            var isLast = report.Step == _job.Training.Steps;
            Profile(before, isEnding: isLast || decision.IsStopping || decision.IsLeaving);

            var position = start.At(report.Step, _job.Training.GlobalBatch);
            if (isLast || decision.IsStopping) checkpoints.SaveLast(states.After(report.Step, position));
            else if (decision.IsSaveRequested || checkpoints.IsDue(report.Step)) checkpoints.Save(states.After(report.Step, position));
            if (isLast)
            {
                var isEvaluated = !_job.Evaluation.AtEnd || Evaluate(evaluator, report.Step, stop);
                return isEvaluated ? TrainingOutcome.Completed : TrainingOutcome.Stopped;
            }

            if (decision.IsStopping) return TrainingOutcome.Stopped;

            if (points is not null && (decision.IsLeaving || points.IsDue(report.Step))) TakeRecoveryPoint(points, report.Step, position);
            if (decision.IsLeaving) return LeaveGroup(points);
            if (_job.Evaluation.Every > 0 && report.Step % _job.Evaluation.Every == 0) Evaluate(evaluator, report.Step, stop);
        }

        return TrainingOutcome.Completed;
    }

    private StepTimeline? Timeline => profiler?.Timeline;

    private StepRunner Steps(TrainedNetwork network, IObjective objective, SampleCursor start)
    {
        if (SequenceRequirement.Problem(data, _job.Data) is { } problem) throw new TrainingException(problem);
        var builder = BatchBuilders.ForTraining(data, _job);
        return new StepRunner(
            new TrainingStep(network, objective, _world, NetworkFactory.StepOptions(_job), time, _replicas, Timeline,
                assignment.AfterBackward),
            new TrainingBatches(builder, new SampleOrder(_job.Seed, builder.Samples), start, _job.Training.GlobalBatch,
                _job.Training.Accumulation, _world.Rank, _world.Size),
            NetworkFactory.Schedule(_job.Training), Timeline, time);
    }

    private void ReportReady(long step, Evaluator evaluator)
    {
        profiler?.Begin(step, _job.Training.Steps);
        var isEvaluated = _job.Evaluation is { AtEnd: true } or { Every: > 0 };
        if (isEvaluated && !evaluator.HasText) events.EvaluationOmitted(step, evaluator.TokensFound, evaluator.TokensNeeded);
        SetStep(step);
        events.Ready(step);
    }

    // Sets the step in the tags of the collectives.
    private void SetStep(long step) => (_world.Step, _replicas.Step) = (step, step);

    private (StepReport Report, StepDecision Decision) RunAndCommit(
        long before, StepRunner steps, StepCommit commit, RunCheckpoints checkpoints, RecoveryPointTaker? points)
    {
        StepReport report;
        StepDecision decision;
        long done;
        using (profiler?.Step(before))
        {
            report = steps.Run(before);
            done = time.GetTimestamp();
            using (Timeline?.Span("commit"))
            {
                decision = commit.Run(new StepVote(
                    checkpoints.IsReady, checkpoints.IsFolderMissing(), report.Seconds, points?.UnreportedSeconds ?? 0));
                points?.CompleteOnAllRanks();
                points?.RecordMeans(decision.MeanRecoveryPointSeconds, decision.MeanStepSeconds);
            }
        }

        return (report with { CommitSeconds = time.GetElapsedTime(done).TotalSeconds }, decision);
    }

    private void Profile(long before, bool isEnding)
    {
        if (profiler?.EndsWith(before, isEnding) != true) return;
        var path = Path.Combine(_job.Checkpoint.Directory, "profile.trace.json");
        if (profiler.Finish(before, _world, path) is { } report) events.Profiled(report);
    }

    private void TakeRecoveryPoint(RecoveryPointTaker points, long step, long position)
    {
        points.Take(step, position);
        events.RecoveryPointTaken(new RecoveryPointReport(step, points.Bytes, points.UnreportedSeconds, points.Interval.MaxSteps));
    }

    // The barrier confirms that every rank has its parts of the last recovery point.
    private TrainingOutcome LeaveGroup(RecoveryPointTaker? points)
    {
        _world.Barrier();
        points?.CompleteOnAllRanks();
        return TrainingOutcome.Left;
    }

    // Returns false if a request to stop ended the evaluation early.
    private bool Evaluate(Evaluator evaluator, long step, CancellationToken stop)
    {
        if (!evaluator.HasText) return true;
        if (evaluator.TryRun(step, stop) is not { } report) return false;
        events.Evaluated(report);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _world.Dispose();
        _replicas.Dispose();
    }
}
