using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Data.Sampling;
using Distributed.Models.DeepSeekV3;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Dispatch;
using Distributed.Parallel.Forward;
using Distributed.Parallel.Profiling;
using Distributed.Tensors.Processor;
using Distributed.Training.Batches;
using Distributed.Training.Checkpointing;
using Distributed.Training.Evaluation;
using Distributed.Training.Jobs;
using Distributed.Training.Profiling;
using Distributed.Training.Reports;
using Distributed.Training.Steps;
using Distributed.Transports;
using TorchSharp;

namespace Distributed.Training;

/// <summary>How a run ended without an error.</summary>
public enum TrainingOutcome
{
    /// <summary>All steps are done.</summary>
    Completed,

    /// <summary>It was asked to stop, finished its step and saved.</summary>
    Stopped,
}

/// <summary>
/// Trains on one rank, from the first or a saved step to the last. A step is committed by the group itself: a sum over
/// all ranks after the optimizer, which also settles whether anyone asks to stop.
/// </summary>
/// <param name="assignment">What to do.</param>
/// <param name="groups">This rank's ends of its groups; not disposed here.</param>
/// <param name="epoch">The groups' epoch.</param>
/// <param name="events">Hears what happens.</param>
/// <param name="time">The clock.</param>
/// <param name="profiler">Measures some of the steps, over exchanges that it watches; null measures none.</param>
public sealed class Trainer(
    TrainerAssignment assignment, RankGroups groups, long epoch, ITrainingEvents events, TimeProvider time, StepProfiler? profiler = null) : IDisposable
{
    private readonly ExchangeCollectives _world = new(groups.World, epoch), _replicas = new(groups.Replicas, epoch);
    private readonly TrainingJob _job = assignment.Job;

    // Of the save that ends a run: what it has learnt since the last one would be lost.
    private const int LastAttempts = 2;

    /// <summary>Runs on the calling thread, which should be the rank's own: its number of threads is set here.</summary>
    /// <param name="stop">Cancelled when the run should end after the step in hand, with a checkpoint.</param>
    /// <exception cref="TrainingException">The run cannot go on.</exception>
    /// <exception cref="CheckpointException">The checkpoint to go on from is of another network or damaged, or the last one cannot be saved.</exception>
    public TrainingOutcome Run(CancellationToken stop)
    {
        ComputeThread.Prepare(_job.Parallel.Threads(Environment.ProcessorCount));
        using var network = NetworkFactory.Create(_job, assignment.Placement, groups, time);
        using var checkpoints = new TrainerCheckpoint(network, _world, Store(_job.Checkpoint.Directory), new RetentionPolicy(_job.Checkpoint.Keep, _job.Checkpoint.KeepEvery), time, TimeSpan.FromSeconds(_job.Checkpoint.TimeoutSeconds));
        checkpoints.Claim();
        var saves = new SaveSchedule(_job.Checkpoint.Every);
        var start = Start(network, checkpoints);
        var first = start.Step;
        var step = new TrainingStep(network, _world, NetworkFactory.StepOptions(_job.Training), time, _replicas, Timeline, assignment.AfterBackward);
        var schedule = NetworkFactory.Schedule(_job.Training);
        var batches = Batches(start);
        var evaluator = new Evaluator(network.Model, network.Forward, _world, assignment.Data, EvaluationOptions(), time);
        profiler?.Begin(first, _job.Training.Steps);
        events.Ready(first);
        if (first == 0 && _job.Evaluation.AtEnd) Evaluate(evaluator, 0);

        for (var n = first; n < _job.Training.Steps; n++)
        {
            StepReport report;
            bool stopping, saved;
            using (profiler?.Step(n))
            {
                report = RunStep(step, n, schedule.RateAt(n + 1), batches);
                using (Timeline?.Span("commit")) (stopping, saved) = Vote(stop, checkpoints.Ready); // the commit
            }

            events.StepCommitted(report);
            if (saved) Ended(checkpoints.Advance(), report.Step);
            var last = report.Step == _job.Training.Steps;
            if (profiler?.EndsWith(n, stopping || last) == true) Profile(profiler, n);
            if (stopping || last || saves.IsDue(report.Step)) Save(report.Step, mustSucceed: stopping || last);

            if (stopping && !last) return TrainingOutcome.Stopped;
            if (last ? _job.Evaluation.AtEnd : _job.Evaluation.Every > 0 && report.Step % _job.Evaluation.Every == 0) Evaluate(evaluator, report.Step);
        }

        return TrainingOutcome.Completed;

        void Save(long done, bool mustSucceed)
        {
            Ended(checkpoints.Finish(), done);
            var state = State(done, start.At(done, _job.Training.GlobalBatch));
            var besideSteps = _job.Checkpoint.Asynchronous && !mustSucceed;
            for (var attempt = 1; ; attempt++)
            {
                var outcome = checkpoints.Start(state, besideSteps);
                if (outcome is null && besideSteps) return;
                outcome ??= checkpoints.Finish();
                if (outcome!.Problem is { } problem && mustSucceed && attempt == LastAttempts) throw new CheckpointException(problem);
                Ended(outcome, done);
                if (outcome.Problem is null || !mustSucceed) return;
            }
        }

        // A full disk need not end a run of weeks: the next save may find room.
        void Ended(SaveOutcome? outcome, long now)
        {
            if (outcome is null) return;
            saves.Ended(outcome.Problem is not null, now);
            if (_world.Rank != 0) return;
            if (outcome.Report is { } report) events.CheckpointSaved(report);
            else events.CheckpointFailed(outcome.Step, outcome.Problem!);
        }
    }

    private ICheckpointStore Store(string directory) => assignment.Store?.Invoke(directory) ?? new DirectoryStore(directory);

    private StepTimeline? Timeline => profiler?.Timeline;

    private StepReport RunStep(TrainingStep step, long before, double learningRate, TrainingBatches batches)
    {
        IReadOnlyList<TokenBatch> micro;
        using (Timeline?.Span("batch")) micro = batches.Step(before);
        try
        {
            return step.Run(before, learningRate, micro);
        }
        finally
        {
            foreach (var batch in micro) batch.Dispose();
        }
    }

    private void Profile(StepProfiler measured, long step)
    {
        if (measured.Finish(step, _world, Path.Combine(_job.Checkpoint.Directory, "profile.trace.json")) is { } report) events.Profiled(report);
    }

    private SampleCursor Start(TrainedNetwork network, TrainerCheckpoint checkpoints)
    {
        if (assignment.Checkpoint is null)
        {
            network.Model.Parameters.Initialise(_job.Seed, _job.Model.InitializerRange);
            network.Masters.Take();
            return default;
        }

        using var checkpoint = Checkpoint.Open(assignment.Checkpoint);
        checkpoints.Load(checkpoint);
        return new SampleCursor(checkpoint.State.Step, checkpoint.State.SampleCursor);
    }

    private TrainingBatches Batches(SampleCursor start)
    {
        var builder = new BatchBuilder(assignment.Data.Train, _job.Data.SequenceLength, _job.Data.DocumentBoundaries);
        if (builder.Samples == 0)
        {
            throw new TrainingException(
                $"The corpus has {assignment.Data.Train.TokenCount} tokens, fewer than one sequence of {_job.Data.SequenceLength} and its last target. "
                + "Give more text in data.corpus or lower data.sequence_length.");
        }

        return new TrainingBatches(builder, new SampleOrder(_job.Seed, builder.Samples), start, _job.Training.GlobalBatch, _job.Training.Accumulation, _world.Rank, _world.Size);
    }

    private EvaluationOptions EvaluationOptions() => new()
    {
        SequenceLength = _job.Data.SequenceLength,
        DocumentBoundaries = _job.Data.DocumentBoundaries,
        BatchSequences = Math.Max(1, _job.Training.GlobalBatch / _job.Training.Accumulation / _world.Size),
        MaxSequences = _job.Evaluation.MaxSequences,
    };

    private void Evaluate(Evaluator evaluator, long step)
    {
        if (evaluator.HasText) events.Evaluated(evaluator.Run(step));
    }

    private CheckpointState State(long step, long cursor) => new()
    {
        Job = _job.Name,
        Model = ModelKeys.Write(_job.Model),
        Step = step,
        SampleCursor = cursor,
        TokensSeen = cursor * _job.Data.SequenceLength,
        Seed = _job.Seed,
        World = new WorldLayout(groups.World.Size, groups.Experts.Size, groups.Replicas.Size),
        Content = new Dictionary<string, string> { ["data"] = assignment.Data.ContentId },
        Extra = new() { ["job"] = _job.ToJson() },
    };

    // Whether any rank is asked to stop, and whether all are ready.
    private (bool Stopping, bool Ready) Vote(CancellationToken stop, bool ready)
    {
        long[] votes = [stop.IsCancellationRequested ? 1 : 0, ready ? 1 : 0];
        _world.AllReduceSum(votes.AsSpan());
        return (votes[0] > 0, votes[1] == _world.Size);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _world.Dispose();
        _replicas.Dispose();
    }
}
