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
            var place = new DirectoryStore(Path.Combine(_root.Path, $"{calls}"));
            SmallRun.Save(place, 100);
            SmallRun.Save(place, 150); // the next save expires it
            var store = new FaultyStore(place, calls, fault);
            try
            {
                SmallRun.Save(store, 200, ranks: 2, retention: new RetentionPolicy(1));
            }
            catch (CheckpointException error)
            {
                refused++;
                Assert.Contains(FaultyStore.Message, error.Message, StringComparison.Ordinal);
            }

            var found = LatestValidCheckpoint.Find(place, null, TestContext.Current.CancellationToken)!;
            Assert.Empty(found.Skipped);
            using (var checkpoint = Checkpoint.Open(found.Folder))
            {
                Assert.Contains(checkpoint.State.Step, new long[] { 150, 200 });
                SmallRun.AssertHolds(checkpoint, checkpoint.State.Step);
            }

            SmallRun.Save(place, 200, epoch: 2, retention: new RetentionPolicy(1));
            Assert.Equal(["step-00000200"], place.Folders());
            using (var next = Checkpoint.Open(place.PathOf(""))) SmallRun.AssertHolds(next, 200);
            if (!store.HasFailed) break;
        }

        Assert.InRange(calls, 30, MostCalls - 1); // every call was tried
        Assert.InRange(refused, 25, calls);
    }
}
