using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Training.Checkpointing;
using Distributed.Training.Tests.Parity;

namespace Distributed.Training.Tests.Checkpointing;

/// <summary>The transitions between the phases of a save, and the failures of each phase, on two ranks.</summary>
[Collection(nameof(Group))]
public sealed class CheckpointSaverPhaseTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1), Short = TimeSpan.FromSeconds(2);
    private static readonly Layout Ranks = new(2, 1, false);
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("distributed-phases-");
    private readonly HookedStore _store;
    private readonly Gate _gate = new();

    public CheckpointSaverPhaseTests() => _store = new HookedStore(new DirectoryStore(_root.FullName));

    public void Dispose()
    {
        _gate.Dispose();
        _root.Delete(recursive: true);
    }

    [Fact]
    public void Save_Succeeds_PassesThroughEveryPhaseWithOneExchangeEach() => On(rank =>
    {
        var collectives = new CountingCollectives(rank.World);
        using var saver = new CheckpointSaver(rank.Network, collectives, _store, RetentionPolicy.All, TimeProvider.System, Bound);
        Assert.IsType<SavePhase.Idle>(saver.Phase);
        Assert.True(saver.IsReady);
        Assert.Null(saver.EndPhase());
        Assert.Equal(0, collectives.Calls);

        Assert.Null(saver.Begin(Ranks.State(1)));
        Assert.IsType<SavePhase.Writing>(saver.Phase);
        Assert.Equal(1, collectives.Calls);

        Assert.Null(saver.BeginCommit());
        var committing = Assert.IsType<SavePhase.Committing>(saver.Phase);
        Assert.Equal(2, collectives.Calls);

        var saved = Assert.IsType<SaveOutcome.Saved>(saver.EndCommit());
        Assert.IsType<SavePhase.Idle>(saver.Phase);
        Assert.Equal(3, collectives.Calls);
        Assert.Equal((1, committing.Bytes, 0), (saved.Step, saved.Report.Bytes, saved.Report.NotRemoved.Count));
        Assert.Equal(_store.PathOf("step-00000001"), saved.Report.Directory);
        Assert.Null(rank.Network.Changing);
    });

    [Fact]
    public void Transition_FromAnotherPhase_IsRefusedWithoutAnExchange() => On(rank =>
    {
        Assert.Contains("BeginCommit: no save is in progress", Refusal(() => rank.Saver.BeginCommit()), StringComparison.Ordinal);
        Assert.Contains("EndCommit: no save is in progress", Refusal(() => rank.Saver.EndCommit()), StringComparison.Ordinal);
        Assert.Null(rank.Saver.Begin(Ranks.State(1)));
        Assert.Contains("Begin: the save of step 1 is being written", Refusal(() => rank.Saver.Begin(Ranks.State(2))),
            StringComparison.Ordinal);
        Assert.Contains("EndCommit: the save of step 1 is being written", Refusal(() => rank.Saver.EndCommit()), StringComparison.Ordinal);
        Assert.Null(rank.Saver.BeginCommit());
        Assert.Contains("Begin: the save of step 1 is being committed", Refusal(() => rank.Saver.Begin(Ranks.State(2))),
            StringComparison.Ordinal);
        Assert.Contains("BeginCommit: the save of step 1 is being committed", Refusal(() => rank.Saver.BeginCommit()),
            StringComparison.Ordinal);
        Assert.IsType<SaveOutcome.Saved>(rank.Saver.Finish());
    });

    [Fact]
    public void IsReady_WhileAFileIsWritten_IsFalseUntilItIsComplete() => On(rank =>
    {
        _store.Writing = _ => _gate.Pass();
        Assert.Null(rank.Saver.Begin(Ranks.State(1)));
        Assert.False(rank.Saver.IsReady);
        rank.World.Barrier();
        _gate.Open();
        Assert.Null(rank.Saver.BeginCommit());
        Assert.IsType<SaveOutcome.Saved>(rank.Saver.EndCommit());
        Assert.True(rank.Saver.IsReady);
    });

    [Fact]
    public void Begin_FolderCannotBeCreated_FailsOnEveryRankAndStaysIdle() => On(rank =>
    {
        _store.Creating = _ => throw new IOException("no space");
        var failed = Assert.IsType<SaveOutcome.Failed>(rank.Saver.Begin(Ranks.State(1)));
        Assert.Equal(0, failed.Failure.Rank);
        Assert.StartsWith($"rank 0: {_store.PathOf("step-00000001.tmp-0")}: cannot be created: no space", failed.Failure.Message,
            StringComparison.Ordinal);
        AssertRetrySucceeds(rank);
    });

    [Fact]
    public void Begin_FolderIsNotCreatedInTime_FailsAndRefusesSavesUntilTheStoreAnswers() => On(rank =>
    {
        _store.Creating = _ => _gate.Pass();
        var late = Assert.IsType<SaveOutcome.Failed>(rank.Saver.Begin(Ranks.State(1)));
        Assert.Contains("the creation of the folder has not finished within 2 s (checkpoint.timeout_seconds)", late.Failure.Message,
            StringComparison.Ordinal);
        AssertRefusedUntilOpen(rank);
    }, Short);

    [Fact]
    public void BeginCommit_ARankCannotWrite_FailsOnEveryRankAndRemovesTheFolder() => On(rank =>
    {
        _store.Writing = file =>
        {
            if (file.Contains("rank-00001", StringComparison.Ordinal)) throw new IOException("no space");
        };
        Assert.Null(rank.Saver.Begin(Ranks.State(1)));
        var failed = Assert.IsType<SaveOutcome.Failed>(rank.Saver.BeginCommit());
        Assert.Equal((1, 1), (failed.Step, failed.Failure.Rank));
        Assert.Contains("cannot be saved: no space", failed.Failure.Message, StringComparison.Ordinal);
        AssertRetrySucceeds(rank);
    });

    [Fact]
    public void BeginCommit_FilesAreNotWrittenInTime_GivesTheSaveUpWhileStepsContinue() => On(rank =>
    {
        _store.Writing = _ => _gate.Pass();
        Assert.Null(rank.Saver.Begin(Ranks.State(1), whileTraining: true));
        rank.Change(1); // waits for the tensors that are not copied, until the timeout
        Assert.True(rank.Saver.IsReady);
        var late = Assert.IsType<SaveOutcome.Failed>(rank.Saver.BeginCommit());
        Assert.Contains("step-00000001.tmp-0", late.Failure.Message, StringComparison.Ordinal);
        Assert.Contains("could not be written within 2 s (checkpoint.timeout_seconds)", late.Failure.Message, StringComparison.Ordinal);
        AssertRefusedUntilOpen(rank);
        rank.World.Barrier();
        Assert.Equal([2], CheckpointLocation.CommittedSteps(_store));
    }, Short);

    [Fact]
    public void EndCommit_CommitFails_FailsOnEveryRankAndKeepsLatest() => On(rank =>
    {
        Assert.IsType<SaveOutcome.Saved>(rank.Save(Ranks.State(1)));
        _store.Committing = _ => throw new IOException("the server refuses");
        Assert.Null(rank.Saver.Begin(Ranks.State(2)));
        Assert.Null(rank.Saver.BeginCommit());
        var failed = Assert.IsType<SaveOutcome.Failed>(rank.Saver.EndCommit());
        Assert.Equal((2, 0), (failed.Step, failed.Failure.Rank));
        Assert.Contains("cannot be renamed to step-00000002: the server refuses 'latest' still names step-00000001",
            failed.Failure.Message, StringComparison.Ordinal);
        AssertRetrySucceeds(rank);
    });

    [Fact]
    public void EndCommit_CommitDoesNotEndInTime_FailsAndRefusesSavesUntilItEnds() => On(rank =>
    {
        _store.Committing = _ => _gate.Pass();
        Assert.Null(rank.Saver.Begin(Ranks.State(1)));
        Assert.Null(rank.Saver.BeginCommit());
        var late = Assert.IsType<SaveOutcome.Failed>(rank.Saver.EndCommit());
        Assert.Contains("the commit has not finished within 2 s (checkpoint.timeout_seconds)", late.Failure.Message,
            StringComparison.Ordinal);
        AssertRefusedUntilOpen(rank);
    }, Short);

    [Fact]
    public void Finish_InEveryPhase_WaitsForTheOutcome() => On(rank =>
    {
        Assert.Null(rank.Saver.Finish());
        Assert.Null(rank.Saver.Begin(Ranks.State(1)));
        Assert.Equal(1, Assert.IsType<SaveOutcome.Saved>(rank.Saver.Finish()).Step);
        Assert.Null(rank.Saver.Begin(Ranks.State(2)));
        Assert.Null(rank.Saver.BeginCommit());
        Assert.Equal(2, Assert.IsType<SaveOutcome.Saved>(rank.Saver.Finish()).Step);
    });

    [Fact]
    public void Dispose_WhileWriting_GivesTheSaveUpAndRemovesItsFolder()
    {
        On(rank =>
        {
            Assert.Null(rank.Saver.Begin(Ranks.State(1)));
            rank.World.Barrier();
            rank.Saver.Dispose();
        });
        Assert.Empty(_store.Folders());
    }

    [Fact]
    public void Dispose_WhileCommitting_WaitsForTheCommit()
    {
        On(rank =>
        {
            Assert.Null(rank.Saver.Begin(Ranks.State(1)));
            Assert.Null(rank.Saver.BeginCommit());
            rank.Saver.Dispose();
        });
        Assert.Equal(["step-00000001"], _store.Folders());
        using var latest = Checkpoint.Open(_root.FullName);
        Assert.Equal(1, latest.State.Step);
    }

    private void On(Action<SavingRank> run, TimeSpan? timeout = null) => Ranks.On(_store, timeout ?? Bound, rank =>
    {
        rank.Initialise();
        run(rank);
    });

    private void AssertRetrySucceeds(SavingRank rank)
    {
        Assert.IsType<SavePhase.Idle>(rank.Saver.Phase);
        rank.World.Barrier(); // rank 0 has removed the folder
        Assert.DoesNotContain(_store.Folders(), folder => folder.Contains(".tmp-", StringComparison.Ordinal));
        rank.World.Barrier();
        (_store.Creating, _store.Writing, _store.Committing) = (null, null, null);
        rank.World.Barrier();
        Assert.IsType<SaveOutcome.Saved>(rank.Save(Ranks.State(2)));
    }

    private void AssertRefusedUntilOpen(SavingRank rank)
    {
        Assert.IsType<SavePhase.Idle>(rank.Saver.Phase);
        var refused = Assert.IsType<SaveOutcome.Failed>(rank.Saver.Begin(Ranks.State(2)));
        Assert.Contains("an earlier save was given up and still waits for the store", refused.Failure.Message, StringComparison.Ordinal);
        rank.World.Barrier();
        _gate.Open();
        for (var attempt = 0; attempt < 1_000_000 && rank.Saver.Begin(Ranks.State(2)) is not null; attempt++) Thread.Yield();
        Assert.IsType<SaveOutcome.Saved>(rank.Saver.Finish());
    }

    private static string Refusal(Action transition) => Assert.Throws<InvalidOperationException>(transition).Message;
}
