using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints.Tests.Stores;

/// <summary>
/// Any one call of a save fails: the previous checkpoint or the new one exists, complete, and the next save succeeds as usual.
/// </summary>
public sealed class FaultyStoreTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData(Fault.Before)]
    [InlineData(Fault.After)]
    public void Save_AnyCallFails_LeavesTheOldOrTheNewCheckpointAndTheNextSaveCleansUp(Fault fault)
    {
        const int MostCalls = 500;
        var (calls, refused) = (0, 0);
        for (; calls < MostCalls; calls++)
        {
            var store = new DirectoryStore(Path.Combine(_root.Path, $"{calls}"));
            SmallRun.Save(store, 100);
            SmallRun.Save(store, 150); // the next save expires it
            var faulty = new FaultyStore(store, calls, fault);
            try
            {
                SmallRun.Save(faulty, 200, ranks: 2, retention: new RetentionPolicy(1));
            }
            catch (CheckpointException error)
            {
                refused++;
                Assert.Contains(FaultyStore.Message, error.Message, StringComparison.Ordinal);
            }

            var found = LatestValidCheckpoint.Find(store, null, TestContext.Current.CancellationToken)!;
            Assert.Empty(found.Skipped);
            using (var checkpoint = Checkpoint.Open(found.Folder))
            {
                Assert.Contains(checkpoint.State.Step, new long[] { 150, 200 });
                SmallRun.AssertHolds(checkpoint, checkpoint.State.Step);
            }

            SmallRun.Save(store, 200, epoch: 2, retention: new RetentionPolicy(1));
            Assert.Equal(["step-00000200"], store.Folders());
            using (var next = Checkpoint.Open(store.PathOf(""))) SmallRun.AssertHolds(next, 200);
            if (!faulty.HasFailed) break;
        }

        Assert.InRange(calls, 30, MostCalls - 1); // every call was tried
        Assert.InRange(refused, 25, calls);
    }
}
