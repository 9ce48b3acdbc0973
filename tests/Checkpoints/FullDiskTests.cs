using System.Diagnostics;
using Distributed.Checkpoints.Stores;
using static TorchSharp.torch;

namespace Distributed.Checkpoints.Tests;

/// <summary>Disks that are full: the device <c>/dev/full</c>, and a small file system that the test mounts.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private bool _mounted;

    public void Dispose()
    {
        if (_mounted) Run("umount", "-l", _folder.Path);
        _folder.Dispose();
    }

    [Fact]
    public void WriteShard_OntoTheFullDevice_AbandonsTheSaveAndKeepsLatest()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs /dev/full, the device that is always full");
        SmallRun.Save(_folder.Path, 100);
        var folder = CheckpointCommit.Begin(_folder.Store, 200, 1);
        var shard = folder.PathOf(CheckpointLayout.ShardFile(TensorKind.Weights, 0));
        File.CreateSymbolicLink(shard + ".partial", "/dev/full");

        var error = Assert.Throws<CheckpointException>(() => SmallRun.WriteShard(folder, 200, 0, 1));

        AssertAbandoned(error, shard, folder);
        Assert.Contains("No space left on device", error.Message);
    }

    [Fact]
    public void WriteShard_OnASmallFileSystem_AbandonsTheSaveAndKeepsLatest()
    {
        MountSmallFileSystem();
        SmallRun.Save(_folder.Path, 100);
        var folder = CheckpointCommit.Begin(_folder.Store, 200, 1);
        var first = SmallRun.WriteShard(folder, 200, 0, 2);
        using var large = zeros(1_000_000, dtype: ScalarType.Float32);

        var error = Assert.Throws<CheckpointException>(
            () => CheckpointShardWriter.WriteShard(folder, TensorKind.Weights, 1, [("large", large)]));

        Assert.NotEmpty(first);
        AssertAbandoned(error, folder.PathOf(CheckpointLayout.ShardFile(TensorKind.Weights, 1)), folder);
        Assert.Contains("It needs 4000000 bytes", error.Message);

        SmallRun.Save(_folder.Path, 200, epoch: 2); // the space has been freed
    }

    [Fact]
    public void Commit_NoSpaceForTheManifest_AbandonsTheSaveAndKeepsLatest()
    {
        MountSmallFileSystem();
        SmallRun.Save(_folder.Path, 100);
        var folder = CheckpointCommit.Begin(_folder.Store, 200, 1);
        var entries = SmallRun.WriteShards(folder, 200, 2);
        FillUp();

        var error = Assert.Throws<CheckpointException>(
            () => CheckpointCommit.Commit(folder, SmallRun.State(200), entries, SmallRun.Expected));

        AssertAbandoned(error, folder.PathOf("manifest.json"), folder);
    }

    [Fact]
    public void Publish_NoSpaceForLatest_KeepsItAndReportsThatTheNewOneIsComplete()
    {
        MountSmallFileSystem();
        SmallRun.Save(_folder.Path, 100);
        var folder = CheckpointCommit.Begin(_folder.Store, 200, 1);
        var committed = CheckpointCommit.Commit(folder, SmallRun.State(200), SmallRun.WriteShards(folder, 200, 2));
        FillUp();

        var error = Assert.Throws<CheckpointException>(() => CheckpointPublish.Publish(committed, new RetentionPolicy(1)));

        Assert.Contains("step-00000200 itself is complete", error.Message);
        Assert.Contains("'latest' still names step-00000100", error.Message);
        using (var latest = Checkpoint.Open(_folder.Path)) SmallRun.AssertHolds(latest, 100);
        using var named = Checkpoint.Open(committed);
        SmallRun.AssertHolds(named, 200);
    }

    private void AssertAbandoned(CheckpointException error, string file, StoredFolder folder)
    {
        Assert.StartsWith($"{file}: cannot be saved: ", error.Message);
        Assert.Matches(@"It needs \d+ bytes, the volume has \d+ bytes free", error.Message);
        Assert.Contains("'latest' still names step-00000100", error.Message);
        Assert.False(Directory.Exists(folder.Path));
        using var checkpoint = Checkpoint.Open(_folder.Path);
        SmallRun.AssertHolds(checkpoint, 100);
    }

    private void MountSmallFileSystem()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess,
            "needs root on Linux, to mount a small file system");
        _mounted = Run("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", _folder.Path);
        Assert.SkipUnless(_mounted, "this machine does not allow mounting a tmpfs");
    }

    private void FillUp()
    {
        using var ballast = File.Create(Path.Combine(_folder.Path, "ballast"));
        var page = new byte[4096];
        Assert.Throws<IOException>(() =>
        {
            for (var pages = 0; pages < 1024; pages++)
            {
                ballast.Write(page);
                ballast.Flush();
            }
        });
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        if (process.WaitForExit(TimeSpan.FromSeconds(30))) return process.ExitCode == 0;
        process.Kill();
        return false;
    }
}
