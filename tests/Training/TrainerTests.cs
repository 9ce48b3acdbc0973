using System.Collections.Immutable;
using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Data.Preparation;
using Distributed.Training.Jobs;
using Distributed.Training.Recovery;
using Distributed.Training.Tests.Checkpointing;
using Distributed.Training.Tests.Jobs;
using Distributed.Training.Tests.Parity;

namespace Distributed.Training.Tests;

/// <summary>Whole runs of a small job on two ranks.</summary>
[Collection(nameof(Group))]
public sealed class TrainerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Gate _gate = new();
    private readonly CancellationTokenSource _stop = new(), _leave = new();
    private readonly RecordedEvents[] _events = [new(), new()];
    private readonly PreparedData _data;
    private readonly HookedStore _store;

    public TrainerTests()
    {
        var text = string.Concat(Enumerable.Range(0, 400).Select(i => $"Line {i} of the text has {i * i % 97} words.\n"));
        _data = DataPreparation.Prepare(new DataOptions
        {
            Corpus = [_folder.Write("text.txt", text)], EvaluationFraction = 0, VocabularySize = 300, CacheDirectory = At("cache"),
        });
        _store = new HookedStore(new DirectoryStore(At("run")));
    }

    public void Dispose()
    {
        _data.Dispose();
        _gate.Dispose();
        _stop.Dispose();
        _leave.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Run_AllSteps_SavesWhenDueAndAtTheEnd()
    {
        Assert.Equal([TrainingOutcome.Completed, TrainingOutcome.Completed], Train(Job("training.steps=3", "checkpoint.every=2")));
        Assert.All(_events, events => Assert.Equal([1, 2, 3], events.Steps));
        Assert.Equal(["saved 2", "saved 3"], _events[0].Saves);
        Assert.Empty(_events[1].Saves);
    }

    [Fact]
    public void Run_FromACheckpoint_ResumesAtItsStep()
    {
        Train(Job("training.steps=2"));
        Train(Job("training.steps=4"), checkpoint: At("run/step-00000002"));
        Assert.Equal([1, 2, 3, 4], _events[1].Steps);
        Assert.Equal(["saved 2", "saved 4"], _events[0].Saves);
    }

    [Fact]
    public void Run_FromACheckpointThatWasRemoved_FailsWithTheCauseRemoved()
    {
        var error = Assert.Throws<CheckpointException>(() => Train(Job("training.steps=2"), checkpoint: At("run/step-00000007")));
        Assert.Equal(CheckpointFailureCause.Removed, error.Cause);
        Assert.Equal($"{At("run/step-00000007")}: the checkpoint was removed before it could be read.", error.Message);
        Assert.All(_events, events => Assert.Empty(events.Steps));
    }

    [Fact]
    public void Run_FromACheckpointOfAnotherNetwork_FailsWithAnotherCause()
    {
        Train(Job("training.steps=1"));
        var other = Job("training.steps=2", "model.hidden_size=48");
        var error = Assert.Throws<CheckpointException>(() => Train(other, checkpoint: At("run/step-00000001")));
        Assert.Equal(CheckpointFailureCause.Other, error.Cause);
    }

    [Fact]
    public void Run_StopRequestedWhileACheckpointIsWritten_FinishesItAndSavesTheLastStep()
    {
        _store.Writing = _ => _gate.Pass();
        var outcomes = Train(Job("training.steps=9", "checkpoint.every=1"), afterBackward: before =>
        {
            if (before != 1) return;
            Assert.Empty(_events[0].Saves);
            _stop.Cancel();
            _gate.Open();
        });
        Assert.Equal([TrainingOutcome.Stopped, TrainingOutcome.Stopped], outcomes);
        Assert.All(_events, events => Assert.Equal([1, 2], events.Steps));
        Assert.Equal(["saved 1", "saved 2"], _events[0].Saves);
    }

    [Fact]
    public void Run_LeaveRequested_TakesARecoveryPointAndSavesNothing()
    {
        _events[1].Committed = step =>
        {
            if (step == 2) _leave.Cancel();
        };
        RecoveryPoints[] points = [new(), new()];
        Assert.Equal([TrainingOutcome.Left, TrainingOutcome.Left], Train(Job("training.steps=9"), points: points));
        Assert.All(_events, events => Assert.Equal([1, 2, 3], events.Steps));
        Assert.Empty(_events[0].Saves);
        Assert.All(points, held => Assert.Equal([3, 3], held.Held.Select(part => part.Id.Step)));
        foreach (var held in points) held.Dispose();
    }

    [Fact]
    public void Run_ASaveFails_ContinuesAndSavesAgainAfterTheNextStep()
    {
        _store.Committing = folder =>
        {
            if (folder == "step-00000002") throw new IOException("the server refuses");
        };
        Train(Job("training.steps=5", "checkpoint.every=2", "checkpoint.asynchronous=false"));
        Assert.Equal(["failed 2", "saved 3", "saved 4", "saved 5"], _events[0].Saves);
        Assert.Contains("the server refuses", _events[0].Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_FolderIsRemoved_EndsWithTheCauseFolderMissing()
    {
        _events[0].Committed = step =>
        {
            if (step == 2) Directory.Delete(At("run"), recursive: true);
        };
        var error = Assert.Throws<CheckpointException>(() => Train(Job("training.steps=20000", "checkpoint.every=0")));
        Assert.Equal((CheckpointFailureCause.FolderMissing, 0), (error.Cause, error.Rank));
        Assert.Empty(_events[0].Saves);
        Assert.False(Directory.Exists(At("run")));
    }

    private string At(string name) => Path.Combine(_folder.Path, name);

    private TrainingJob Job(params string[] overrides) => JobFile.Parse(JobText.Small, "small.yaml",
        ["parallel.workers=2", "parallel.threads_per_worker=1", "training.precision=fp32", "training.warmup_steps=0",
            "training.global_batch=2", "data.sequence_length=16", "evaluation.at_end=false",
            $"checkpoint.directory={At("run")}", .. overrides])
        .WithVocabulary(_data.Tokenizer.VocabularySize);

    private TrainingOutcome[] Train(
        TrainingJob job, string? checkpoint = null, RecoveryPoints[]? points = null, Action<long>? afterBackward = null) =>
        Group.Run(job.Parallel.Grid, (groups, world, _) =>
        {
            using var trainer = new Trainer(
                new TrainerAssignment
                {
                    Job = job, Checkpoint = checkpoint, Store = _ => _store, RunIdentity = "small-1",
                    Placement = job.Model.MoeLayers.ToDictionary(layer => layer, _ => Halves(job.Model.NRoutedExperts)),
                    AfterBackward = (before, _) => afterBackward?.Invoke(before),
                    RecoveryOptions = points is null ? null : new RecoveryOptions { Every = 1 }, RecoveryPoints = points?[world.Rank],
                },
                _data, groups, 0, _events[world.Rank], TimeProvider.System);
            return trainer.Run(_stop.Token, _leave.Token);
        });

    private static ImmutableArray<ImmutableArray<int>> Halves(int experts) =>
        [[.. Enumerable.Range(0, experts / 2)], [.. Enumerable.Range(experts / 2, experts / 2)]];
}
