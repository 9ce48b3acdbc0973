using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>A worker process is lost during a run, and the run recovers without losing a step.</summary>
public sealed class RecoveryTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData("same-host", "recovery.spares=1", "parallel.replicas=1")]
    [InlineData("same-host", "recovery.spares=0", "parallel.replicas=2")]
    [InlineData("grpc", "recovery.spares=1", "parallel.replicas=2")]
    [InlineData("nccl", "recovery.spares=1", "parallel.replicas=1")]
    [InlineData("nccl", "recovery.spares=0", "parallel.replicas=2")]
    public async Task Train_AWorkerIsKilledAndReplaced_HasTheBitsOfARunWithoutIt(string transport, string spares, string replicas)
    {
        var steps = transport == "nccl" ? 12 : 40; // the stand-in library for NCCL is slow
        string[] keys = [_workspace.Job, "--workers", "4", "--set", replicas, "--set", $"training.steps={steps}", "--set",
            "checkpoint.every=0", "--json"];
        var reference = await Invocation.Of(["train", .. keys, "--set", $"checkpoint.directory={_workspace.At("reference")}"]);

        var (status, events) = await KillAsync([.. keys, .. TestNccl.Arguments(transport), "--set", spares, "--set",
            $"checkpoint.directory={_workspace.At("lost")}"], worker: 1, afterStep: 4);

        Assert.Equal((0, 0), (reference.Status, status));
        var epoch = Assert.Single(events, message => (string)message["event"]! == "epoch");
        Assert.Equal((2L, 4, 0L), ((long)epoch["epoch"]!, (int)epoch["workers"]!, (long)epoch["steps_lost"]!));
        var difference = await Invocation.Of("checkpoint", "diff", _workspace.At("reference"), _workspace.At("lost"), "--json");
        Assert.Empty((JsonArray)Assert.Single(difference.Named("summary"))["tensors"]!); // every weight and moment
    }

    [Fact]
    public async Task Train_AWorkerIsKilledAndNotReplaced_ContinuesWithFewer()
    {
        var (status, events) = await KillAsync(
            [_workspace.Job, "--workers", "4", "--set", "training.steps=40", "--set", "recovery.wait_seconds=0", "--set",
                "recovery.restart=false", "--set", "checkpoint.every=0", "--json"], worker: 2, afterStep: 4);

        Assert.Equal(0, status);
        var epoch = Assert.Single(events, message => (string)message["event"]! == "epoch");
        Assert.Equal((3, 0L), ((int)epoch["workers"]!, (long)epoch["steps_lost"]!));
        Assert.Equal(Enumerable.Range(1, 40).Select(step => (long)step),
            events.Where(message => (string)message["event"]! == "step").Select(message => (long)message["step"]!).Distinct().Order());
    }

    /// <summary>Trains with workers in processes, and kills one of them after a step.</summary>
    internal static async Task<(int Status, List<JsonObject> Events)> KillAsync(string[] keys, int worker, int afterStep)
    {
        using var process = CrashTests.Start(["train", "--isolation", "process", .. keys]);
        using var bound = new CancellationTokenSource(Bound);
        try
        {
            var events = new List<JsonObject>();
            var killed = false;
            while (await process.StandardOutput.ReadLineAsync(bound.Token) is { } line)
            {
                var message = (JsonObject)JsonNode.Parse(line)!;
                events.Add(message);
                if (killed || (string)message["event"]! != "step" || (long)message["step"]! < afterStep) continue;
                using var victim = Process.GetProcessById(Worker(process.Id, worker));
                victim.Kill();
                killed = true;
            }

            await process.WaitForExitAsync(bound.Token);
            return (process.ExitCode, events);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    // Finds the worker process by its name and its parent's id on its command line.
    private static int Worker(int parent, int number) => Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) ? id : 0)
        .Single(id => id > 0 && Arguments(id) is { } arguments && arguments.Contains($"worker-{number}")
            && arguments.Contains(parent.ToString(CultureInfo.InvariantCulture)));

    private static string[]? Arguments(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Split('\0');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
