using Distributed.Cli;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>The output of a command is a full disk, is closed, or its reader closes it.</summary>
public sealed class OutputTests : IDisposable
{
    private const string Lost = "Standard output cannot be written: ";

    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(5);
    private readonly Workspace _workspace = new();

    public OutputTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /dev/full");

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData("exec \"$@\" --json > /dev/full", "No space left on device")]
    [InlineData("exec \"$@\" > /dev/full 2>&1", null)]
    [InlineData("exec \"$@\" <&- >&- 2>&-", null)]
    public async Task Train_WhoseOutputCannotBeWritten_TrainsToItsEndAndReportsItOnce(string script, string? reason)
    {
        var run = await ShellRun.OfAsync(script, "train", _workspace.Job);

        Assert.Equal((ExitStatus.Ok, ""), (run.Status, run.Output));
        if (reason is null) Assert.Equal("", run.Error);
        else Assert.StartsWith(Lost + reason, Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        Assert.Equal(6, (int)(await Invocation.Of("inspect", _workspace.Run, "--json")).Events[^1]["step"]!);
    }

    [Theory]
    [InlineData("--json")]
    [InlineData("--isolation=process")]
    public async Task Train_WhoseReaderCloses_SavesAndStopsAsAfterAnInterrupt(string option)
    {
        using var process = ShellRun.Start("exec \"$@\"", "train", _workspace.Job, "--set", "training.steps=1000000", "--set",
            "checkpoint.every=0", option);
        using var bound = new CancellationTokenSource(Bound);
        var error = process.StandardError.ReadToEndAsync(bound.Token);
        while (await process.StandardOutput.ReadLineAsync(bound.Token) is { } line && !line.Contains("step ", StringComparison.Ordinal)
            && !line.Contains("\"step\"", StringComparison.Ordinal))
        {
        }

        process.StandardOutput.Close();
        await process.WaitForExitAsync(bound.Token);

        Assert.Equal(ExitStatus.Interrupted, process.ExitCode);
        Assert.StartsWith("the reader closed standard output: finishing the step and saving", await error, StringComparison.Ordinal);
        Assert.InRange((int)(await Invocation.Of("inspect", _workspace.Run, "--json")).Events[^1]["step"]!, 1, 999_999);
    }

    [Fact]
    public async Task Report_WhoseOutputCannotBeWritten_Fails()
    {
        foreach (var args in new string[][] { ["inspect", _workspace.Job], ["simulate", "--schedules", "2", "--json"],
            ["token", "create", "--state", _workspace.At("state")] })
        {
            var run = await ShellRun.OfAsync("exec \"$@\" > /dev/full", args);

            Assert.Equal(ExitStatus.Failure, run.Status);
            Assert.StartsWith(Lost, Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Serve_WhoseReaderCloses_ContinuesToServe()
    {
        using var coordinator = await ServedProcess.StartAsync(_workspace.At("state"));
        coordinator.Process.StandardOutput.Close();

        Assert.Equal(ExitStatus.Ok, (await coordinator.Ask("jobs")).Status);
        Assert.Equal(ExitStatus.Ok, await coordinator.EndAsync("-TERM")); // its last line is dropped
    }

    [Fact]
    public async Task Train_WhoseWorkersLogsCannotBeWritten_ReplacesALostWorkerAndWarnsOnce()
    {
        var logs = Directory.CreateDirectory(Path.Combine(_workspace.Run, "logs")).FullName;
        foreach (var worker in new[] { "worker-0", "worker-1", "worker-2" })
            File.CreateSymbolicLink(Path.Combine(logs, $"{worker}.log"), "/dev/full");

        var run = await Invocation.Of("train", _workspace.Job, "--isolation", "process", "--set", "training.steps=12", "--fault",
            "kill:worker-1@step=3", "--json");

        Assert.Equal(ExitStatus.Ok, run.Status);
        var epoch = Assert.Single(run.Named("epoch")); // with a restarted worker
        Assert.Equal(3, (int)epoch["workers"]!);
        Assert.Matches($"^warning: the log {logs}/worker-[0-2].log cannot be written: No space left on device",
            Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }
}
