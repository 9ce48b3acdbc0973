using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Parallel.Collectives;
using Distributed.Training.Checkpointing;
using Distributed.Training.SavedState;
using Distributed.Training.Tests.Parity;

namespace Distributed.Training.Tests.Checkpointing;

[Collection(nameof(Group))]
public sealed class RunFolderTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("distributed-folders-");

    public void Dispose() => _root.Delete(recursive: true);

    [Theory]
    [InlineData(OtherRuns.Leave, "step-00000001,step-00000002", null)]
    [InlineData(OtherRuns.Refuse, "step-00000001,step-00000002", "holds a checkpoint of run other")]
    [InlineData(OtherRuns.Remove, "step-00000001", null)]
    public void Claim_WhereAnotherRunHasSaved_LeavesRefusesOrRemovesItsCheckpoints(OtherRuns others, string left, string? refusal)
    {
        var root = Path.Combine(_root.FullName, "shared");
        new Layout(2, 1, false).Save(root, 1, run: "own");
        new Layout(2, 1, false).Save(root, 2, run: "other");

        var refusals = Group.Run(2, (_, world) =>
        {
            using var folder = Folder(root, world);
            return (Record.Exception(() => folder.Claim(others, "own")) as CheckpointException)?.Message;
        });

        Assert.All(refusals, each => Assert.Equal(refusal is null, each is null));
        if (refusal is not null) Assert.All(refusals, each => Assert.Contains(refusal, each, StringComparison.Ordinal));
        var folders = Directory.EnumerateDirectories(root).Select(path => Path.GetFileName(path));
        Assert.Equal(left, string.Join(',', folders.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void Claim_WhileAnotherProcessHoldsTheFolder_FailsOnEveryRank()
    {
        using var other = new DirectoryStore(_root.FullName).Claim();
        Group.Run(2, (_, world) =>
        {
            using var folder = Folder(_root.FullName, world);
            var refusal = Assert.Throws<CheckpointException>(() => folder.Claim());
            Assert.Contains("is locked", refusal.Message, StringComparison.Ordinal);
            return true;
        });
    }

    [Fact]
    public void Dispose_ReleasesTheFolder()
    {
        for (var run = 0; run < 2; run++)
        {
            Group.Run(2, (_, world) =>
            {
                using var folder = Folder(_root.FullName, world);
                folder.Claim();
                return true;
            });
        }
    }

    [Fact]
    public void IsMissing_FolderIsRemoved_BecomesTrueOnRankZeroAndEveryRankThrows()
    {
        var root = Path.Combine(_root.FullName, "removed");
        Group.Run(2, (_, world) =>
        {
            using var folder = Folder(root, world);
            folder.Claim();
            Assert.False(folder.IsMissing());
            if (world.Rank == 0)
            {
                Directory.Delete(root, recursive: true);
                Assert.True(SpinWait.SpinUntil(folder.IsMissing, TimeSpan.FromMinutes(1)));
            }
            else
            {
                Assert.False(folder.IsMissing());
            }

            var error = Assert.Throws<CheckpointException>(folder.ThrowMissing);
            Assert.Equal((CheckpointFailureCause.FolderMissing, 0), (error.Cause, error.Rank));
            Assert.Contains("no longer exists", error.Message, StringComparison.Ordinal);
            return true;
        });
    }

    private static RunFolder Folder(string root, ICollectives world) =>
        new(new DirectoryStore(root), new CollectiveResults(world, new TensorOrder(Layout.Config)), new StoreOwner("own", 1));
}
