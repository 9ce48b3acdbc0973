using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Distributed.Cli;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>A coordinator process and its worker processes; all are killed after the test.</summary>
internal sealed class ServedProcess : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);
    private readonly List<Process> _workers = [];

    private ServedProcess(Process process, JsonObject serving) =>
        (Process, Api, Socket, Remote) = (process, (string)serving["api"]!, (string)serving["workers"]!, (string?)serving["workers_tls"]);

    public Process Process { get; }

    public string Api { get; }

    /// <summary>Address of the socket where workers join.</summary>
    public string Socket { get; }

    /// <summary>Address where workers join over TLS; null without <c>--workers</c>.</summary>
    public string? Remote { get; }

    /// <summary>
    /// Starts a coordinator and returns when it serves. The default is <c>--on-exit stop</c>: a signal also ends its workers.
    /// </summary>
    public static async Task<ServedProcess> StartAsync(string state, params string[] options)
    {
        string[] onExit = options.Contains("--on-exit") ? [] : ["--on-exit", "stop"];
        var process = Start(["serve", "--listen", "127.0.0.1:0", "--state", state, "--json", .. options, .. onExit]);
        process.ErrorDataReceived += (_, _) => { }; // read, so that a full pipe does not block the process
        process.BeginErrorReadLine();
        try
        {
            using var bound = new CancellationTokenSource(Bound);
            return new ServedProcess(process, (JsonObject)JsonNode.Parse((await process.StandardOutput.ReadLineAsync(bound.Token))!)!);
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>The worker processes, in the order in which they were started.</summary>
    public IReadOnlyList<Process> Workers => _workers;

    public void Join(params string[] names) => Join(names, []);

    public void Join(string[] names, string[] options)
    {
        foreach (var name in names) Join(Socket, ["--name", name, .. options]);
    }

    /// <summary>Starts a worker that joins over TLS.</summary>
    /// <param name="options">Credential options of <c>worker join</c>.</param>
    public Process JoinRemotely(params string[] options) => Join(Remote!, options);

    /// <summary>Runs a client verb with this coordinator's address and <c>--json</c>.</summary>
    public Task<Invocation> Ask(params string[] args) => Invocation.Of([.. args, "--coordinator", Api, "--json"]);

    /// <summary>Waits for the first step of a job.</summary>
    public Task FirstStepAsync(string job) => StepAsync(job, after: 0);

    /// <summary>Waits for a step of a job with a number above <paramref name="after"/>.</summary>
    public async Task StepAsync(string job, long after)
    {
        using var bound = new CancellationTokenSource(Bound);
        using var log = Start("logs", job, "--follow", "--coordinator", Api, "--json");
        while (JsonNode.Parse((await log.StandardOutput.ReadLineAsync(bound.Token))!) is { } entry
            && ((string)entry["event"]! != "step" || (long)entry["step"]! <= after))
        {
        }

        log.Kill();
    }

    /// <summary>Waits until the latest log entry of a kind names the given number of workers.</summary>
    public async Task EventAsync(string job, string kind, int workers)
    {
        using var bound = new CancellationTokenSource(Bound);
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while ((await Ask("logs", job)).Named("log").LastOrDefault(entry => (string)entry["kind"]! == kind) is not { } last
            || !((string)last["text"]!).Contains($": {workers} worker", StringComparison.Ordinal))
            await looks.WaitForNextTickAsync(bound.Token);
    }

    /// <summary>Waits until a job is in a state.</summary>
    public async Task StateAsync(string job, string state)
    {
        using var bound = new CancellationTokenSource(Bound);
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while ((string)(await Ask("jobs", job)).Named("summary").Single()["state"]! != state) await looks.WaitForNextTickAsync(bound.Token);
    }

    /// <summary>Waits until the given number of workers is idle.</summary>
    public async Task IdleAsync(int workers)
    {
        using var bound = new CancellationTokenSource(Bound);
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        using var client = new HttpClient();
        while (await Idle() != workers) await looks.WaitForNextTickAsync(bound.Token);

        async Task<int> Idle() =>
            ((JsonArray)(await client.GetFromJsonAsync<JsonObject>($"{Api}/api/v1/workers", bound.Token))!["workers"]!)
            .Count(worker => (string)worker!["state"]! == "idle");
    }

    /// <summary>Sends a signal to the coordinator and waits for it and its workers to end.</summary>
    /// <returns>The coordinator's exit status.</returns>
    public async Task<int> EndAsync(string signal)
    {
        var status = await EndAsync(Process, signal);
        using var bound = new CancellationTokenSource(Bound);
        foreach (var worker in _workers) await worker.WaitForExitAsync(bound.Token); // they end with their coordinator
        return status;
    }

    /// <summary>Sends a signal to a process and waits for its end.</summary>
    /// <returns>Its exit status.</returns>
    public static async Task<int> EndAsync(Process process, string signal)
    {
        using var bound = new CancellationTokenSource(Bound);
        await SignalAsync(process, signal);
        await process.WaitForExitAsync(bound.Token);
        return process.ExitCode;
    }

    /// <summary>Sends a signal to a process.</summary>
    public static async Task SignalAsync(Process process, string signal)
    {
        using var bound = new CancellationTokenSource(Bound);
        using var kill = Process.Start("kill", [signal, $"{process.Id}"]);
        await kill.WaitForExitAsync(bound.Token);
    }

    /// <summary>Sends a signal to several processes at once.</summary>
    public static async Task SignalAsync(IEnumerable<Process> processes, string signal)
    {
        using var bound = new CancellationTokenSource(Bound);
        using var kill = Process.Start("kill", [signal, .. processes.Select(process => $"{process.Id}")]);
        await kill.WaitForExitAsync(bound.Token);
    }

    /// <summary>Waits until all workers have ended.</summary>
    /// <returns>The number of workers.</returns>
    public async Task<int> WorkersEndAsync()
    {
        using var bound = new CancellationTokenSource(Bound);
        foreach (var worker in _workers) await worker.WaitForExitAsync(bound.Token);
        return _workers.Count;
    }

    /// <summary>Kills the coordinator; its workers continue.</summary>
    public async Task KillAsync()
    {
        using var bound = new CancellationTokenSource(Bound);
        Process.Kill();
        await Process.WaitForExitAsync(bound.Token);
    }

    public void Dispose()
    {
        foreach (var process in _workers.Prepend(Process))
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
            process.Dispose();
        }
    }

    private Process Join(string address, params string[] options)
    {
        var worker = Start(["worker", "join", "--coordinator", address, .. options]);
        worker.ErrorDataReceived += (_, _) => { };
        worker.BeginErrorReadLine();
        _workers.Add(worker);
        return worker;
    }

    private static Process Start(
        params string[] args) => Process.Start(new ProcessStartInfo("dotnet", [typeof(CommandLine).Assembly.Location, .. args])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = AppContext.BaseDirectory,
    })!;
}
