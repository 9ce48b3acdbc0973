using System.Diagnostics;
using Distributed.Cli;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>A user interrupts the process with Ctrl-C and later resumes the run.</summary>
public sealed class InterruptTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);
    private readonly Workspace _workspace = new();

    public InterruptTests() => InheritedSignals.SkipIfIgnored("-INT");

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Interrupt_WhileTraining_FinishesTheStepSavesAndPrintsTheResumeCommand()
    {
        using var process = Start("train", _workspace.Job, "--set", "training.steps=1000000", "--set", "checkpoint.every=0");
        using var bound = new CancellationTokenSource(Bound);
        while (await process.StandardOutput.ReadLineAsync(bound.Token) is { } line && !line.StartsWith("step ", StringComparison.Ordinal))
        {
        }

        using (var kill = Process.Start("kill", ["-INT", $"{process.Id}"])) await kill.WaitForExitAsync(bound.Token);
        var output = await process.StandardOutput.ReadToEndAsync(bound.Token);
        await process.WaitForExitAsync(bound.Token);

        Assert.Equal(130, process.ExitCode);
        Assert.Matches($"resume:     .* train --resume {_workspace.Run}", output);
        var stopped = (int)(await Invocation.Of("inspect", _workspace.Run, "--json")).Events[^1]["step"]!;
        Assert.True(stopped >= 1);

        var resumed = await Invocation.Of("train", "--resume", _workspace.Run, "--set", $"training.steps={stopped + 2}", "--json");
        Assert.Equal((0, stopped), (resumed.Status, (int)Assert.Single(resumed.Named("ready"))["next_step"]!));
    }

    [Fact]
    public async Task InterruptTwice_WithinALongStep_EndsAtOnceWithTheSameStatus()
    {
        using var process = Start("train", _workspace.Job, "--set", "training.global_batch=20000", "--set", "evaluation.at_end=false");
        using var bound = new CancellationTokenSource(Bound);
        while (await process.StandardOutput.ReadLineAsync(bound.Token) is { } line && line != "starting")
        {
        }

        using (var first = Process.Start("kill", ["-INT", $"{process.Id}"])) await first.WaitForExitAsync(bound.Token);
        while (await process.StandardError.ReadLineAsync(bound.Token) is { } line
            && !line.StartsWith("interrupted", StringComparison.Ordinal))
        {
        }

        using (var second = Process.Start("kill", ["-INT", $"{process.Id}"])) await second.WaitForExitAsync(bound.Token);
        await process.WaitForExitAsync(bound.Token);
        Assert.Equal(130, process.ExitCode);
    }

    [Fact]
    public async Task Interrupt_WhileScoring_EndsIt()
    {
        await Invocation.Of("train", _workspace.Job, "--set", "evaluation.at_end=false");
        // Enough text for minutes of scoring. The line "scoring" is printed after the text is read.
        var text = _workspace.At("long.txt");
        await File.WriteAllLinesAsync(text, Enumerable.Range(0, 400_000).Select(line => $"{line} The river carries the letters.\n"),
            TestContext.Current.CancellationToken);
        using var process = Start("eval", "--checkpoint", _workspace.Run, "--set", $"data.evaluation={text}", "--set",
            $"data.tokenizer={Path.Combine(_workspace.Run, "tokenizer", "tokenizer.json")}");
        using var bound = new CancellationTokenSource(Bound);
        while (await process.StandardOutput.ReadLineAsync(bound.Token) is { } line && !line.StartsWith("scoring", StringComparison.Ordinal))
        {
        }

        using (var kill = Process.Start("kill", ["-INT", $"{process.Id}"])) await kill.WaitForExitAsync(bound.Token);
        await process.WaitForExitAsync(bound.Token);

        Assert.Equal(130, process.ExitCode);
    }

    private static Process Start(
        params string[] args) => Process.Start(new ProcessStartInfo("dotnet", [typeof(CommandLine).Assembly.Location, .. args])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        // The process must not read settings of the test host from the current directory.
        WorkingDirectory = AppContext.BaseDirectory,
    })!;
}
