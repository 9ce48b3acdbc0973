using Distributed.Checkpoints.Stores;
using Distributed.Tensors.Files;

namespace Distributed.Checkpoints.Tests.Stores;

public sealed class DirectoryStoreTests : CheckpointStoreContractTests
{
    private readonly TemporaryFolder _root;

    public DirectoryStoreTests()
        : this(new TemporaryFolder())
    {
    }

    private DirectoryStoreTests(TemporaryFolder root)
        : base(Below(root)) => _root = root;

    public override void Dispose()
    {
        _root.Dispose();
        base.Dispose();
    }

    [Fact]
    public void Create_WithoutPermission_IsRefusedWithAFix()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "a privileged user may write anywhere");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_root.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var error = Assert.Throws<CheckpointException>(() => CheckpointCommit.Begin(Again(), 100, 1));

        Assert.Contains("Choose a folder that this user may write to", error.Message, StringComparison.Ordinal);
    }

    protected override ICheckpointStore Again() => Below(_root);

    protected override void WriterEnds(string folder, string file) =>
        File.WriteAllBytes(Again().PathOf(folder, file) + DiskWriter.PartialSuffix, [1]);

    private static DirectoryStore Below(TemporaryFolder root) => new(Path.Combine(root.Path, "store"));
}
