using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Distributed.Cli;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>
/// A limit of open files or memory that is too low is reported at the start; a running coordinator survives the lack of open files.
/// </summary>
public sealed class ResourceLimitTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(3);
    private readonly Workspace _workspace = new();

    public ResourceLimitTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "needs Linux's limits");

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Start_WithTooFewOpenFiles_NamesNeedLimitAndRemedy()
    {
        await RefusedAsync(60, "This program needs 128 open files", "jobs");
        await RefusedAsync(128, "Training with 3 workers needs 200 open files", "train", _workspace.Job);
        await RefusedAsync(200, "Training with 3 workers needs 368 open files", "train", _workspace.Job, "--isolation", "process");
        await RefusedAsync(200, "serve needs 336 open files", "serve", "--listen", "127.0.0.1:0", "--state", _workspace.At("state"));
        await RefusedAsync(200, "worker join needs 336 open files", "worker", "join", "--coordinator", "unix:none");
        Assert.False(Directory.Exists(_workspace.Run) || Directory.Exists(_workspace.At("state"))
            || Directory.Exists(_workspace.At("cache")));

        var events = await ShellRun.OfAsync("ulimit -n 60; exec \"$@\"", "jobs", "--json");
        Assert.Equal(("error", 2), ((string)JsonNode.Parse(events.Output)!["event"]!, (int)JsonNode.Parse(events.Output)!["exit"]!));
    }

    [Fact]
    public async Task Train_WithTheOpenFilesThatItNeeds_Succeeds() =>
        Assert.Equal((ExitStatus.Ok, ""),
            await ShellRun.OfAsync("ulimit -n 200; exec \"$@\"", "train", _workspace.Job) is var run ? (run.Status, run.Error) : default);

    [Fact]
    public async Task Train_WithoutTheMemoryForItsThreads_NamesTheLimit()
    {
        const int Attempts = 10, Aborted = 134; // .NET or libtorch may reach the limit first, and abort the process
        ShellRun run;
        var attempt = 0;
        do run = await ShellRun.OfAsync("ulimit -v 4000000; exec \"$@\"", "train", _workspace.Job);
        while (run.Status == Aborted && ++attempt < Attempts);

        Assert.Equal(ExitStatus.Failure, run.Status);
        Assert.Contains("ulimit -v, 3.8 GiB of address space", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_WithMoreCallersThanOpenFiles_ClosesSomeAndServesAfterwards()
    {
        using var process = ShellRun.Start("ulimit -n 340; exec \"$@\"", "serve", "--listen", "127.0.0.1:0", "--state",
            _workspace.At("state"), "--json");
        try
        {
            using var bound = new CancellationTokenSource(Bound);
            var serving = JsonNode.Parse((await process.StandardOutput.ReadLineAsync(bound.Token))!)!;
            var (api, socket) = (new Uri((string)serving["api"]!), ((string)serving["workers"]!)["unix:".Length..]);
            var callers = new List<Socket>();
            try
            {
                for (var caller = 0; caller < 400; caller++)
                {
                    EndPoint endPoint = caller % 2 == 0
                        ? new IPEndPoint(IPAddress.Loopback, api.Port) : new UnixDomainSocketEndPoint(socket);
                    callers.Add(new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified));
                    await callers[^1].ConnectAsync(endPoint, bound.Token);
                }
            }
            catch (SocketException)
            {
                // The coordinator closed the connection immediately.
            }
            finally
            {
                callers.ForEach(caller => caller.Dispose());
            }

            Assert.Equal(ExitStatus.Ok, (await Invocation.Of("jobs", "--coordinator", api.ToString(), "--json")).Status);
            Assert.Equal(ExitStatus.Ok, await ServedProcess.EndAsync(process, "-TERM"));
            Assert.Contains("has 13 connections, the maximum for the limit of open files",
                await process.StandardError.ReadToEndAsync(bound.Token), StringComparison.Ordinal);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    [Fact]
    public async Task Train_WorkersAreLostRepeatedly_LeaksNoPipesOrSockets()
    {
        const int Losses = 4;
        string[] faults =
        [
            .. Enumerable.Range(0, Losses).SelectMany(loss => new[] { "--fault", $"kill:worker-{loss % 2}@step={6 * (loss + 1)}" }),
        ];
        using var process = ShellRun.Start("exec \"$@\"",
            ["train", _workspace.Job, "--isolation", "process", "--workers", "2", "--set", "training.steps=1000000", "--set",
                "checkpoint.every=0", .. faults, "--json"]);
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        try
        {
            using var bound = new CancellationTokenSource(Bound);
            int? before = null;
            for (var epochs = 0; epochs < Losses;)
            {
                var message = JsonNode.Parse((await process.StandardOutput.ReadLineAsync(bound.Token))!)!;
                var kind = (string)message["event"]!;
                if (kind == "step") before ??= Held(process);
                if (kind == "epoch") epochs++;
            }

            using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(100)); // the descriptors close when the lost worker has ended
            while (Held(process) > before) await looks.WaitForNextTickAsync(bound.Token);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    private static int Held(Process process) => Directory.EnumerateFileSystemEntries($"/proc/{process.Id}/fd").Count(file =>
        new FileInfo(file).LinkTarget is { } target
            && (target.StartsWith("pipe:", StringComparison.Ordinal) || target.StartsWith("socket:", StringComparison.Ordinal)));

    private static async Task RefusedAsync(int limit, string need, params string[] args)
    {
        var run = await ShellRun.OfAsync($"ulimit -n {limit}; exec \"$@\"", args);

        var message = $"{need}, and the limit is {limit}. Raise the limit in the shell or service that starts the process: "
            + "ulimit -n 1024 (LimitNOFILE= of systemd, --ulimit nofile= of a container).";
        Assert.Equal((ExitStatus.BadInput, message), (run.Status, Assert.Single(run.ErrorLines)));
    }
}
