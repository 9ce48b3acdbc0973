using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>
/// A run that saves after every step is killed repeatedly, at random times during its saves, and resumes each time from the checkpoints on
/// disk. <c>KILLS=200</c> sets the number of kills; the default is 6.
/// </summary>
public sealed class KillTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);
    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("KILLS") ?? "6", CultureInfo.InvariantCulture);
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task Kill_AtRandomMomentsOfSaves_LeavesAWholeCheckpointEveryTimeAndTheSameBitsAtTheEnd(string asynchronous)
    {
        var random = new Random(11);
        var (kills, killed) = ((Kills + 1) / 2, 0);
        var steps = 12 * kills;
        string[] keys = ["--set", $"training.steps={steps}", "--set", "checkpoint.every=1", "--set",
            $"checkpoint.asynchronous={asynchronous}", "--set", "evaluation.at_end=false", "--set", "sample.tokens=0", "--json"];
        var whole = Losses(
            (await Invocation.Of(["train", _workspace.Job, .. keys, "--set", $"checkpoint.directory={_workspace.At("whole")}"]))
                .Named("step"));
        var root = _workspace.At("killed");
        var seen = new double[steps];
        for (var (resume, before) = (false, 0L); killed < kills; killed++)
        {
            string[] from = resume ? ["--resume", root] : ["--set", $"checkpoint.directory={root}"];
            using var process = CrashTests.Start(["train", _workspace.Job, .. keys, .. from]);
            await ReadSteps(process, seen, random.Next(2, 9)); // each kill has twelve steps; some steps are done twice
            for (var (until, now) = (random.NextDouble() * 0.02,
                Stopwatch.GetTimestamp()); Stopwatch.GetElapsedTime(now).TotalSeconds < until;) Thread.SpinWait(50);
            process.Kill();
            using var bound = new CancellationTokenSource(Bound);
            await process.WaitForExitAsync(bound.Token);

            var found = LatestValidCheckpoint.Find(new DirectoryStore(root), null, bound.Token);
            if (found is null && before == 0) continue; // no checkpoint was committed yet
            Assert.NotNull(found);
            Assert.Empty(found.Skipped);
            var step = CheckpointLayout.StepOf(found.Folder.Name)!.Value;
            Assert.InRange(step, before, steps);
            (resume, before) = (true, step);
        }

        var end = await Invocation.Of(["train", _workspace.Job, .. keys, "--resume", root]);
        Assert.Equal((0, ""), (end.Status, end.Error));
        foreach (var step in end.Named("step")) seen[(int)step["step"]! - 1] = (double)step["loss"]!;
        Assert.Equal(whole, seen);
    }

    private static async Task ReadSteps(Process process, double[] losses, int steps)
    {
        using var bound = new CancellationTokenSource(Bound);
        while (steps > 0 && await process.StandardOutput.ReadLineAsync(bound.Token) is { } line)
        {
            var seen = JsonNode.Parse(line)!;
            if ((string)seen["event"]! != "step") continue;
            losses[(int)seen["step"]! - 1] = (double)seen["loss"]!;
            steps--;
        }
    }

    private static double[] Losses(IEnumerable<JsonObject> steps) => [.. steps.Select(step => (double)step["loss"]!)];
}
