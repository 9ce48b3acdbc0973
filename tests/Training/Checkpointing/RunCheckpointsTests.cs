using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Training.Checkpointing;
using Distributed.Training.Jobs;
using Distributed.Training.SavedState;
using Distributed.Training.Tests.Parity;

namespace Distributed.Training.Tests.Checkpointing;

/// <summary>When a run saves, retries and reports, on two ranks.</summary>
[Collection(nameof(Group))]
public sealed class RunCheckpointsTests : IDisposable
{
    private static readonly Layout Ranks = new(2, 1, false);
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("distributed-run-");
    private readonly HookedStore _store;
    private readonly Gate _gate = new();
    private readonly RecordedEvents[] _events = [new(), new()];

    public RunCheckpointsTests() => _store = new HookedStore(new DirectoryStore(Root));

    private string Root => Path.Combine(_root.FullName, "run");

    public void Dispose()
    {
        _gate.Dispose();
        _root.Delete(recursive: true);
    }

    [Fact]
    public void Save_WhileTraining_ReturnsAtOnceAndIsReportedByRankZeroWhenAllRanksHaveFinished()
    {
        On((rank, checkpoints) =>
        {
            _store.Writing = _ => _gate.Pass();
            checkpoints.Save(Ranks.State(1));
            Assert.False(checkpoints.IsReady);
            checkpoints.ContinueSave(isReady: false, isFolderMissing: false, 2);
            rank.World.Barrier();
            _gate.Open();
            for (var step = 3; step <= 4; step++)
            {
                Assert.True(SpinWait.SpinUntil(() => checkpoints.IsReady, TimeSpan.FromMinutes(1)));
                checkpoints.ContinueSave(isReady: true, isFolderMissing: false, step);
            }
        });
        Assert.Equal(["saved 1"], _events[0].Saves);
        Assert.Empty(_events[1].Saves);
    }

    [Fact]
    public void Save_WhileAnotherSaveIsInProgress_WaitsForIt()
    {
        On((_, checkpoints) =>
        {
            checkpoints.Save(Ranks.State(1));
            checkpoints.Save(Ranks.State(2));
            checkpoints.SaveLast(Ranks.State(3));
        });
        Assert.Equal(["saved 1", "saved 2", "saved 3"], _events[0].Saves);
    }

    [Fact]
    public void Save_NotWhileTraining_ReturnsTheOutcomeAtOnce()
    {
        On((_, checkpoints) => checkpoints.Save(Ranks.State(1)), Section() with { Asynchronous = false });
        Assert.Equal(["saved 1"], _events[0].Saves);
    }

    [Fact]
    public void Save_Fails_IsReportedAndDueAgainAfterMoreAndMoreSteps()
    {
        On((rank, checkpoints) =>
        {
            _store.Committing = _ => throw new IOException("the server refuses");
            List<int> due = [];
            for (var step = 1; step <= 15; step++)
            {
                if (!checkpoints.IsDue(step)) continue;
                due.Add(step);
                checkpoints.Save(Ranks.State(step));
            }

            Assert.Equal([10, 11, 13], due);
            rank.World.Barrier();
            _store.Committing = null;
            rank.World.Barrier();
            Assert.True(checkpoints.IsDue(17));
            checkpoints.Save(Ranks.State(17));
            Assert.Equal([20, 30], Enumerable.Range(18, 15).Where(step => checkpoints.IsDue(step)));
        }, Section() with { Asynchronous = false });
        Assert.Equal(["failed 10", "failed 11", "failed 13", "saved 17"], _events[0].Saves);
        Assert.Contains("the server refuses", _events[0].Failure, StringComparison.Ordinal);
        Assert.Empty(_events[1].Saves);
    }

    [Fact]
    public void SaveLast_FailsTwice_IsRetriedAndSucceeds()
    {
        var commits = 0;
        _store.Committing = _ =>
        {
            if (++commits <= 2) throw new IOException("the server refuses");
        };
        On((_, checkpoints) => checkpoints.SaveLast(Ranks.State(8)));
        Assert.Equal(["failed 8", "failed 8", "saved 8"], _events[0].Saves);
    }

    [Fact]
    public void SaveLast_FailsUntilTheTimeLimit_EndsTheRunOnEveryRank()
    {
        _store.Committing = _ => throw new IOException("the server refuses");
        On((_, checkpoints) =>
        {
            var error = Assert.Throws<CheckpointException>(() => checkpoints.SaveLast(Ranks.State(8)));
            Assert.StartsWith("The state after step 8 is lost: it could not be saved within 60 s (checkpoint.timeout_seconds), in ",
                error.Message, StringComparison.Ordinal);
            Assert.Contains("the server refuses", error.Message, StringComparison.Ordinal);
            Assert.Equal(0, error.Rank);
        });
        Assert.Equal(18, _events[0].Saves.Count); // after 0, 0, 1, 3, 7, 11, ... 59 seconds
    }

    [Fact]
    public void Save_ValueIsNotFinite_EndsTheRunOnEveryRankWithoutARetry()
    {
        On((rank, checkpoints) =>
        {
            rank.Corrupt(float.NaN, "model.norm.weight");
            var error = Assert.Throws<NotFiniteException>(() => checkpoints.SaveLast(Ranks.State(4)));
            Assert.Equal("model.norm.weight", error.Tensor);
            Assert.Contains("The state after step 4 is not finite", error.Message, StringComparison.Ordinal);
        });
        Assert.Empty(_events[0].Saves);
    }

    [Fact]
    public void Save_StepOfAnotherRun_EndsTheRunOnEveryRankWithoutARetry()
    {
        Ranks.Save(Root, 4, run: "other");
        On((_, checkpoints) =>
        {
            var error = Assert.Throws<CheckpointException>(() => checkpoints.SaveLast(Ranks.State(4)));
            Assert.Equal(CheckpointFailureCause.OtherRun, error.Cause);
        });
        Assert.Empty(_events[0].Saves);
    }

    [Fact]
    public void Save_FolderIsRemovedDuringTheSave_EndsTheRunOnEveryRankWithoutARetry()
    {
        _store.Committing = _ => Directory.Delete(Root, recursive: true);
        On((_, checkpoints) =>
        {
            var error = Assert.Throws<CheckpointException>(() => checkpoints.SaveLast(Ranks.State(4)));
            Assert.Equal((CheckpointFailureCause.FolderMissing, 0), (error.Cause, error.Rank));
        });
        Assert.Empty(_events[0].Saves);
    }

    [Fact]
    public void ContinueSave_FolderIsMissing_EndsTheRunOnEveryRank() => On((rank, checkpoints) =>
    {
        rank.World.Barrier();
        if (rank.World.Rank == 0)
        {
            Directory.Delete(Root, recursive: true);
            Assert.True(SpinWait.SpinUntil(checkpoints.IsFolderMissing, TimeSpan.FromMinutes(1)));
        }

        var error = Assert.Throws<CheckpointException>(() => checkpoints.ContinueSave(isReady: true, isFolderMissing: true, 1));
        Assert.Equal(CheckpointFailureCause.FolderMissing, error.Cause);
    });

    private static CheckpointSection Section() => new() { Directory = "", Every = 10, TimeoutSeconds = 60 };

    private void On(Action<SavingRank, RunCheckpoints> run, CheckpointSection? section = null) =>
        Ranks.On(_store, TimeSpan.FromMinutes(1), rank =>
        {
            rank.Initialise();
            var results = new CollectiveResults(rank.World, new TensorOrder(Layout.Config));
            using var checkpoints = new RunCheckpoints(new RunFolder(_store, results, new StoreOwner("run", 1)), rank.Saver,
                section ?? Section(), rank.World, _events[rank.World.Rank], new JumpingTime());
            checkpoints.ClaimFolder(OtherRuns.Leave, null);
            run(rank, checkpoints);
        });
}
