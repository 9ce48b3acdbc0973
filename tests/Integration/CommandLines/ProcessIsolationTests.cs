using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Distributed.Cli;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>Worker processes compute the same bits as worker threads, and none of them outlives the command.</summary>
public sealed class ProcessIsolationTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData("same-host", "parallel.replicas=1")]
    [InlineData("auto", "parallel.replicas=2")]
    [InlineData("grpc", "parallel.replicas=1")]
    [InlineData("grpc", "parallel.replicas=2")]
    [InlineData("nccl", "parallel.replicas=1")]
    [InlineData("nccl", "parallel.replicas=2")]
    public async Task Train_OfProcesses_HasTheBitsOfTrainingInOneProcess(string transport, string replicas)
    {
        string[] keys = ["train", _workspace.Job, "--workers", "4", "--set", replicas, "--json"];
        var threads = await Invocation.Of([.. keys, "--set", $"checkpoint.directory={_workspace.At("threads")}"]);
        var processes = await Invocation.Of([.. keys, "--isolation", "process", .. TestNccl.Arguments(transport), "--set",
            $"checkpoint.directory={_workspace.At("processes")}"]);

        Assert.Equal((0, "", 0, ""), (threads.Status, threads.Error, processes.Status, processes.Error));
        Assert.Equal(Losses(threads), Losses(processes));
        var difference = await Invocation.Of("checkpoint", "diff", _workspace.At("threads"), _workspace.At("processes"), "--json");
        Assert.Empty((JsonArray)Assert.Single(difference.Named("summary"))["tensors"]!); // every weight and moment
        Assert.Equal(4, Directory.GetFiles(Path.Combine(_workspace.At("processes"), "logs")).Length);
    }

    [Fact]
    public async Task Train_OfProcessesWithoutFaults_IsIdleForAtMostTwoPercentOfItsTime()
    {
        var run = await Invocation.Of("train", _workspace.Job, "--isolation", "process", "--set", "training.steps=400", "--set",
            "checkpoint.every=0", "--json");

        Assert.Equal((0, ""), (run.Status, run.Error));
        var ledger = (JsonObject)Assert.Single(run.Named("summary"))["ledger"]!;
        Assert.InRange((double)ledger["idle_seconds"]!, 0, 0.02 * (double)ledger["wall_seconds"]!);
        Assert.Equal((double)ledger["wall_seconds"]!,
            ledger.Where(entry => entry.Key.EndsWith("_seconds", StringComparison.Ordinal) && entry.Key != "wall_seconds")
                .Sum(entry => (double)entry.Value!), 1e-3);
    }

    [Theory]
    [InlineData("-INT")]
    [InlineData("-TERM")]
    public async Task Train_Signalled_SavesAndLeavesNoProcess(string signal)
    {
        InheritedSignals.SkipIfIgnored(signal);
        using var run = await StartAsync();
        using (var kill = Process.Start("kill", [signal, run.Process.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);

        using var bound = new CancellationTokenSource(Bound);
        await run.Process.StandardOutput.ReadToEndAsync(bound.Token);
        await run.Process.WaitForExitAsync(bound.Token);

        Assert.Equal(ExitStatus.Interrupted, run.Process.ExitCode);
        Assert.All(run.Workers, worker => Assert.False(IsAlive(worker)));
        Assert.True((int)(await Invocation.Of("inspect", _workspace.Run, "--json")).Events[^1]["step"]! >= 1);
    }

    [Fact]
    public async Task Train_SignalledTwice_LeavesNoProcessNotEvenAStoppedOne()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs a system that ends a process with its parent");
        InheritedSignals.SkipIfIgnored("-INT");
        using var run = await StartAsync();
        foreach (var (signal, process) in new[] { ("-STOP", run.Workers[0]), ("-INT", run.Process.Id), ("-INT", run.Process.Id) })
        {
            using var kill = Process.Start("kill", [signal, process.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        using var bound = new CancellationTokenSource(Bound);
        await AllEndAsync(run.Workers, bound.Token);
    }

    [Fact]
    public async Task Train_OverNcclThatIsTooOld_NamesAWorkerAndTheVersion()
    {
        var call = await Invocation.Of(
            ["train", _workspace.Job, "--isolation", "process", .. TestNccl.Arguments("nccl", "libtestnccl-old.so")]);

        Assert.Equal(ExitStatus.Failure, call.Status);
        Assert.Matches(
            "worker-0 cannot exchange over NCCL: NCCL in .*libtestnccl-old.so is version 2.17.5. Install version 2.18.0 or later",
            call.Error);
    }

    [Fact]
    public async Task Train_OverMissingNccl_NamesAWorkerAndTheLibrary()
    {
        var call = await Invocation.Of("train", _workspace.Job, "--isolation", "process", "--transport", "nccl", "--nccl-library",
            _workspace.At("libnone.so"));

        Assert.Equal(ExitStatus.Failure, call.Status);
        Assert.Contains($"worker-0 cannot exchange over NCCL: NCCL was not found: the loader looked for {_workspace.At("libnone.so")}",
            call.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_Killed_LeavesNoProcessNotEvenAStoppedOne()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs a system that ends a process with its parent");
        using var run = await StartAsync();
        using (var stop = Process.Start("kill", ["-STOP", run.Workers[0].ToString(CultureInfo.InvariantCulture)]))
            await stop.WaitForExitAsync(TestContext.Current.CancellationToken);

        run.Process.Kill();

        using var bound = new CancellationTokenSource(Bound);
        await AllEndAsync(run.Workers, bound.Token);
    }

    [Fact]
    public async Task Train_OfProcessesOverASimulatedNetwork_IsRefused()
    {
        var call = await Invocation.Of("train", _workspace.Job, "--isolation", "process", "--set", "parallel.link_gb_s=1");

        Assert.Equal(ExitStatus.BadInput, call.Status);
        Assert.Contains("parallel.link_gb_s simulate a network between worker threads", call.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Join_WithoutACoordinator_ReportsIt()
    {
        var call = await Invocation.Of("worker", "join", "--coordinator", $"unix:{_workspace.At("absent")}", "--patience-s", "1");

        Assert.Equal(ExitStatus.Failure, call.Status);
        Assert.Contains($"The coordinator at unix:{_workspace.At("absent")} cannot be reached", call.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--isolation", "threads", "--isolation threads: allowed: in-process, process.")]
    [InlineData("--workers", "0", "--workers 0: allowed: a whole number from 1 to 65536")]
    [InlineData("--transport", "pigeon", "--transport pigeon: allowed: auto, same-host, grpc, nccl.")]
    [InlineData("--nccl-library", "libnccl.so.2", "--nccl-library and --cuda-runtime are for workers that are processes")]
    [InlineData("--transport", "grpc", "--transport is for workers that are processes. Add --isolation process")]
    public async Task Train_OptionsOutOfRange_AreRefused(string option, string value, string message)
    {
        var call = await Invocation.Of("train", _workspace.Job, option, value);

        Assert.Equal(ExitStatus.BadInput, call.Status);
        Assert.Contains(message, call.Error, StringComparison.Ordinal);
    }

    private async Task<Run> StartAsync()
    {
        var process = CrashTests.Start(
            ["train", _workspace.Job, "--isolation", "process", "--set", "training.steps=100000", "--set", "checkpoint.every=0", "--json"]);
        var run = new Run(process);
        try
        {
            using var bound = new CancellationTokenSource(Bound);
            while ((string)JsonNode.Parse((await process.StandardOutput.ReadLineAsync(bound.Token))!)!["event"]! != "step") { }
            run.Workers = Children(process.Id);
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    private static IReadOnlyList<int> Children(int parent) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0 && Status(id) is { } status && int.Parse(status[1], CultureInfo.InvariantCulture) == parent),
    ];

    // The fields of /proc/PID/stat after the name: state, parent and more, see proc(5); null if the process does not exist.
    private static string[]? Status(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static async Task AllEndAsync(IReadOnlyList<int> processes, CancellationToken bound)
    {
        Assert.Equal(3, processes.Count);
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (processes.Any(IsAlive)) await looks.WaitForNextTickAsync(bound);
    }

    // A zombie has ended; only its parent has not read its exit status yet.
    private static bool IsAlive(int process) => Status(process) is { } status && status[0] != "Z";

    private static double[] Losses(Invocation call) => [.. call.Named("step").Select(step => (double)step["loss"]!)];

    private sealed class Run(Process process) : IDisposable
    {
        public Process Process => process;

        public IReadOnlyList<int> Workers { get; set; } = [];

        public void Dispose()
        {
            if (!Process.HasExited) Process.Kill(entireProcessTree: true);
            Process.Dispose();
        }
    }
}
