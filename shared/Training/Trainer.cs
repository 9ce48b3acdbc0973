using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Data.Sampling;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Forward;
using Distributed.Parallel.Profiling;
using Distributed.Tensors.Processor;
using Distributed.Training.Batches;
using Distributed.Training.Checkpointing;
using Distributed.Training.Evaluation;
using Distributed.Training.Jobs;
using Distributed.Training.Profiling;
using Distributed.Training.Recovery;
using Distributed.Training.Reports;
using Distributed.Training.Steps;
using Distributed.Transports;

namespace Distributed.Training;

/// <summary>Outcome of a run that ended without an error.</summary>
public enum TrainingOutcome
{
    /// <summary>All steps are done.</summary>
    Completed,

    /// <summary>The run was asked to stop; it has finished its step and saved a checkpoint.</summary>
    Stopped,

    /// <summary>The run was asked to leave; it has finished its step and taken a recovery point, which is complete on every rank.</summary>
    Left,
}

/// <summary>
/// Trains on one rank, from the first or a saved step to the last. The group commits a step with an all-reduce over all ranks after the
/// optimizer step. The same all-reduce distributes requests to stop, to leave or to save.
/// </summary>
/// <param name="assignment">The job, its data and the state to start from.</param>
/// <param name="groups">This rank's exchanges with its groups; the caller disposes them.</param>
/// <param name="epoch">Epoch of the groups.</param>
/// <param name="events">Receives the events of this rank.</param>
/// <param name="time">The clock.</param>
/// <param name="profiler">
/// Measures some of the steps; null measures none. Wrap <paramref name="groups"/> with <see cref="StepProfiler.Wrap"/>.
/// </param>
public sealed class Trainer(
    TrainerAssignment assignment, RankGroups groups, long epoch, ITrainingEvents events, TimeProvider time,
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
        using var checkpoints = new TrainerCheckpoint(network, _world, Store(_job.Checkpoint.Directory),
            new RetentionPolicy(_job.Checkpoint.Keep, _job.Checkpoint.KeepEvery), time,
            TimeSpan.FromSeconds(_job.Checkpoint.TimeoutSeconds), epoch, assignment.Run);
        checkpoints.Claim(OthersInFolder, assignment.RunIdentity);
        var saves = new SaveSchedule(_job.Checkpoint.Every);
        var points = assignment.RecoveryOptions is { } options
            ? new RecoveryPointTaker(network, groups.World, _world, epoch, assignment.RecoveryPoints!, options, time) : null;
        var start = LoadInitialState(network, checkpoints);
        var first = start.Step;
        var step = new TrainingStep(network, _world, NetworkFactory.StepOptions(_job.Training), time, _replicas, Timeline,
            assignment.AfterBackward);
        var schedule = NetworkFactory.Schedule(_job.Training);
        var batches = Batches(start);
        var evaluator = new Evaluator(network.Model, network.Forward, _world, assignment.Data, EvaluationOptions(), time);
        profiler?.Begin(first, _job.Training.Steps);
        if (IsEvaluated && !evaluator.HasText) events.EvaluationOmitted(first, evaluator.TokensFound, evaluator.TokensNeeded);
        SetStep(first);
        events.Ready(first);
        if (first == 0 && _job.Evaluation.AtEnd) Evaluate(evaluator, 0, stop);

        for (var n = first; n < _job.Training.Steps; n++)
        {
            SetStep(n + 1);
            StepReport report;
            bool stopping, leaving, saved, saveRequested, folderMissing;
            long done;
            using (profiler?.Step(n))
            {
                report = RunStep(step, n, schedule.RateAt(n + 1), batches);
                done = time.GetTimestamp();
                using (Timeline?.Span("commit"))
                    (stopping, leaving, saved, saveRequested, folderMissing) =
                        Commit(stop, leave, takeSaveRequest, checkpoints, points, report.Seconds);
            }

            events.StepCommitted(report with { CommitSeconds = time.GetElapsedTime(done).TotalSeconds });
            if (folderMissing) checkpoints.ThrowFolderMissing();
            if (saved) Record(checkpoints.Advance(), report.Step);
            var last = report.Step == _job.Training.Steps;
            var ending = stopping || leaving || last;
            if (profiler?.EndsWith(n, ending) == true) Profile(profiler, n);
            if (stopping || last || saveRequested || saves.IsDue(report.Step)) Save(report.Step, mustSucceed: stopping || last);
            if (stopping && !last) return TrainingOutcome.Stopped;
            if (!last && points is not null && (leaving || points.IsDue(report.Step)))
                TakeRecoveryPoint(points, report.Step, start.At(report.Step, _job.Training.GlobalBatch));
            if (leaving && !last) return LeaveGroup(points);
            var isScored = last ? _job.Evaluation.AtEnd : _job.Evaluation.Every > 0 && report.Step % _job.Evaluation.Every == 0;
            if (isScored && !Evaluate(evaluator, report.Step, stop) && last) return TrainingOutcome.Stopped; // saved above
        }

        return TrainingOutcome.Completed;

        void Save(long done, bool mustSucceed)
        {
            Record(checkpoints.Finish(), done);
            var state = State(done, start.At(done, _job.Training.GlobalBatch));
            var whileTraining = _job.Checkpoint.Asynchronous && !mustSucceed;
            var retry = new FinalSaveRetry(_world, time, TimeSpan.FromSeconds(_job.Checkpoint.TimeoutSeconds));
            while (true)
            {
                var outcome = checkpoints.Start(state, whileTraining);
                if (outcome is null && whileTraining) return;
                outcome ??= checkpoints.Finish();
                Record(outcome, done);
                if (outcome!.Failure is not { } failure || !mustSucceed) return;
                if (!retry.WaitForNext()) throw retry.CreateException(done, failure);
            }
        }

        // A failed save does not end the run, because a later save may succeed. Failures that no later save can fix end it.
        void Record(SaveOutcome? outcome, long now)
        {
            if (outcome is null) return;
            if (outcome.Failure is { Cause: CheckpointFailureCause.NotFinite } bad)
                throw NotFiniteException.InState(outcome.Step, bad.Rank ?? _world.Rank, bad.Tensor!, "checkpoint");
            if (outcome.Failure is { Cause: CheckpointFailureCause.FolderMissing or CheckpointFailureCause.OtherRun } final) throw final;
            saves.RecordOutcome(outcome.Failure is not null, now);
            if (_world.Rank != 0) return;
            if (outcome.Report is { } report) events.CheckpointSaved(report);
            else events.CheckpointFailed(outcome.Step, outcome.Problem!);
        }
    }

    // Sets the step in the tags of the collectives.
    private void SetStep(long step) => (_world.Step, _replicas.Step) = (step, step);

    private TrainingOutcome LeaveGroup(RecoveryPointTaker? points)
    {
        _world.Barrier();
        points?.CompleteOnAllRanks();
        return TrainingOutcome.Left;
    }

    private void TakeRecoveryPoint(RecoveryPointTaker points, long step, long position)
    {
        points.Take(step, position);
        events.RecoveryPointTaken(new RecoveryPointReport(step, points.Bytes, points.UnreportedSeconds, points.Interval.MaxSteps));
    }

    private ICheckpointStore Store(string directory) => assignment.Store?.Invoke(directory) ?? new DirectoryStore(directory);

    private StepTimeline? Timeline => profiler?.Timeline;

    private StepReport RunStep(TrainingStep step, long before, double learningRate, TrainingBatches batches)
    {
        IReadOnlyList<TokenBatch> micro;
        var start = time.GetTimestamp();
        using (Timeline?.Span("batch")) micro = batches.Build(before);
        var batching = time.GetElapsedTime(start);
        start = time.GetTimestamp();
        StepReport report;
        try
        {
            report = step.Run(before, learningRate, micro);
        }
        finally
        {
            foreach (var batch in micro) batch.Dispose();
        }

        // Seconds includes freeing the memory of the batches.
        return report with { BatchSeconds = batching.TotalSeconds, Seconds = time.GetElapsedTime(start).TotalSeconds };
    }

    private void Profile(StepProfiler measured, long step)
    {
        if (measured.Finish(step, _world, Path.Combine(_job.Checkpoint.Directory, "profile.trace.json")) is { } report)
            events.Profiled(report);
    }

    private SampleCursor LoadInitialState(TrainedNetwork network, TrainerCheckpoint checkpoints)
    {
        if (assignment.Recovery is { } source)
            return RecoveryRestore.Run(network, source, assignment.RecoveryPoints!, groups.World, _world, epoch);
        if (assignment.Checkpoint is null)
        {
            network.Model.Parameters.Initialise(_job.Seed, _job.Model.InitializerRange);
            network.Masters.CopyFromNetwork();
            return default;
        }

        try
        {
            using var checkpoint = Checkpoint.Open(assignment.Checkpoint);
            checkpoints.Load(checkpoint);
            return new SampleCursor(checkpoint.State.Step, checkpoint.State.SampleCursor);
        }
        catch (CheckpointException error) when (!Directory.Exists(assignment.Checkpoint))
        {
            // A rank 0 of an earlier epoch that is not fenced yet may have saved a newer checkpoint and removed this one.
            throw new CheckpointException($"{assignment.Checkpoint}: the checkpoint was removed before it could be read.", error)
            {
                Cause = CheckpointFailureCause.Removed,
            };
        }
    }

    private TrainingBatches Batches(SampleCursor start)
    {
        var builder = new BatchBuilder(assignment.Data.Train, _job.Data.SequenceLength, _job.Data.DocumentBoundaries);
        if (SequenceRequirement.Problem(assignment.Data, _job.Data) is { } problem) throw new TrainingException(problem);
        return new TrainingBatches(builder, new SampleOrder(_job.Seed, builder.Samples), start, _job.Training.GlobalBatch,
            _job.Training.Accumulation, _world.Rank, _world.Size);
    }

    private EvaluationOptions EvaluationOptions() => new()
    {
        SequenceLength = _job.Data.SequenceLength,
        DocumentBoundaries = _job.Data.DocumentBoundaries,
        BatchSequences = Math.Max(1, _job.Training.GlobalBatch / _job.Training.Accumulation / _world.Size),
        MaxSequences = _job.Evaluation.MaxSequences,
    };

    private bool IsEvaluated => _job.Evaluation is { AtEnd: true } or { Every: > 0 };

    // A run that starts, or resumes from a checkpoint in another folder, must be the only run in its folder. A run that resumes from its
    // own folder keeps the checkpoints of other runs.
    private OtherRuns OthersInFolder
    {
        get
        {
            if (assignment.Recovery is not null) return OtherRuns.Leave;
            var isOwn = assignment.Checkpoint is { } checkpoint
                && CheckpointLocation.IsDirectlyBelow(_job.Checkpoint.Directory, checkpoint);
            if (isOwn) return OtherRuns.Leave;
            return _job.Checkpoint.Overwrite ? OtherRuns.Remove : OtherRuns.Refuse;
        }
    }

    // Returns false if a request to stop ended the evaluation early.
    private bool Evaluate(Evaluator evaluator, long step, CancellationToken stop)
    {
        if (!evaluator.HasText) return true;
        if (evaluator.TryRun(step, stop) is not { } report) return false;
        events.Evaluated(report);
        return true;
    }

    private CheckpointState State(long step, long cursor) => new()
    {
        Job = _job.Name,
        Run = assignment.RunIdentity,
        Model = _job.Model.ToJson(),
        Step = step,
        SampleCursor = cursor,
        TokensSeen = cursor * _job.Data.SequenceLength,
        Seed = _job.Seed,
        World = new WorldLayout(groups.World.Size, groups.Experts.Size, groups.Replicas.Size),
        Content = new Dictionary<string, string> { ["data"] = assignment.Data.ContentId },
        Extra = new() { ["job"] = WithoutOverwrite(assignment.RequestedJob ?? _job).ToJson() },
    };

    // checkpoint.overwrite applies to one start only, not to runs that resume from it.
    private static TrainingJob WithoutOverwrite(TrainingJob job) => job with { Checkpoint = job.Checkpoint with { Overwrite = false } };

    // Commits the step: the all-reduce returns when all ranks have done it. It also distributes requests to stop, to leave or to save,
    // whether every rank has written its part of a checkpoint, the mean times of steps and recovery points, and whether the checkpoint
    // folder no longer exists.
    private (bool Stopping, bool Leaving, bool Ready, bool IsSaveRequested, bool IsFolderMissing) Commit(
        CancellationToken stop, CancellationToken leave, Func<bool>? takeSaveRequest, TrainerCheckpoint checkpoints,
        RecoveryPointTaker? points, double seconds)
    {
        long[] votes =
        [
            stop.IsCancellationRequested ? 1 : 0, leave.IsCancellationRequested ? 1 : 0, checkpoints.IsReady ? 1 : 0,
            Nanoseconds(points?.UnreportedSeconds ?? 0), Nanoseconds(seconds),
            takeSaveRequest?.Invoke() == true ? 1 : 0, checkpoints.IsFolderMissing() ? 1 : 0,
        ];
        _world.AllReduceSum(votes.AsSpan());
        points?.CompleteOnAllRanks();
        points?.RecordMeans(Mean(votes[3]), Mean(votes[4]));
        return (votes[0] > 0, votes[0] == 0 && votes[1] > 0, votes[2] == _world.Size, votes[5] > 0, votes[6] > 0);

        static long Nanoseconds(double value) => (long)(value * 1e9);

        double Mean(long nanoseconds) => nanoseconds / 1e9 / _world.Size;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _world.Dispose();
        _replicas.Dispose();
    }
}
