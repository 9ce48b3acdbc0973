using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Tests.Support;
using Distributed.Simulation;

namespace Distributed.Coordinator.Tests.Simulation;

public sealed class CheckpointFoldersTests : IDisposable
{
    private readonly TemporaryFolder _root = new();
    private readonly CheckpointFolders _folders = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void LatestBeside_WhatWasDeleted_IsWhatLatestNames()
    {
        Directory.CreateDirectory(_root.At("step-00000004"));
        File.WriteAllText(_root.At("step-00000004/manifest.json"), "{}");
        File.WriteAllText(_root.At("latest"), "step-00000004\n");

        Assert.False(_folders.IsThere(_root.At("step-00000002")));
        Assert.True(_folders.IsThere(_root.At("step-00000004")));
        Assert.Equal(new CommittedCheckpoint(_root.At("step-00000004"), 4), _folders.LatestBeside(_root.At("step-00000002")));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("step-00000004")] // which is not there
    [InlineData("nonsense")]
    public void LatestBeside_WhereItCannotBeTold_IsNothing(string? latest)
    {
        if (latest is not null) File.WriteAllText(_root.At("latest"), latest);

        Assert.Null(_folders.LatestBeside(_root.At("step-00000002")));
        Assert.Null(_folders.LatestBeside(_root.At("never/made/step-00000002")));
    }
}
