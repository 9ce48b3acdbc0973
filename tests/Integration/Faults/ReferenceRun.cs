using System.Text.Json.Nodes;
using Distributed.Integration.Tests.CommandLines;

namespace Distributed.Integration.Tests.Faults;

/// <summary>A run of the small job on four workers without faults; the results of other runs are compared with it.</summary>
public sealed class ReferenceRun : IAsyncLifetime
{
    /// <summary>Arguments of this run and of the runs that are compared with it.</summary>
    public static readonly string[] Keys = ["--workers", "4", "--set", $"training.steps={Steps}", "--set", "evaluation.at_end=false",
        "--set", "sample.tokens=0", "--set", "recovery.wait_seconds=120", "--json"];

    public const int Steps = 12;

    private int _runs;

    public Workspace Workspace { get; } = new();

    public async ValueTask InitializeAsync()
    {
        var run = await Invocation.Of(["train", Workspace.Job, .. Keys, "--set", "checkpoint.every=0"]);
        Assert.Equal((0, ""), (run.Status, run.Error));
    }

    public ValueTask DisposeAsync()
    {
        Workspace.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Returns a new folder for another run.</summary>
    public string NextRun() => Workspace.At($"run-{Interlocked.Increment(ref _runs)}");

    /// <summary>Asserts that every weight and moment and the sample cursor equal those of this run.</summary>
    public async Task AssertSameBitsAsync(string directory)
    {
        var difference = Assert.Single((await Invocation.Of("checkpoint", "diff", Workspace.Run, directory, "--json")).Named("summary"));
        Assert.Empty((JsonArray)difference["tensors"]!);
        Assert.All((JsonArray)difference["state"]!,
            line => Assert.StartsWith("extra.job.checkpoint.", (string)line!, StringComparison.Ordinal));
    }
}
