using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Distributed.Cli;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>A coordinator as a process of its own, and workers that join it; all are gone after the test.</summary>
internal sealed class ServedProcess : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);
    private readonly List<Process> _workers = [];

    private ServedProcess(Process process, JsonObject serving) => (Process, Api, Socket, Remote) = (process, (string)serving["api"]!, (string)serving["workers"]!, (string?)serving["workers_tls"]);

    public Process Process { get; }

    public string Api { get; }

    /// <summary>Where workers join.</summary>
    public string Socket { get; }

    /// <summary>Where workers join over TLS; null where they cannot.</summary>
    public string? Remote { get; }

    /// <summary>Starts one, and returns when it serves. Unless the options say otherwise, its workers end with it when it is asked to end.</summary>
    public static async Task<ServedProcess> StartAsync(string state, params string[] options)
    {
        string[] onExit = options.Contains("--on-exit") ? [] : ["--on-exit", "stop"];
        var process = Start(["serve", "--listen", "127.0.0.1:0", "--state", state, "--json", .. options, .. onExit]);
        process.ErrorDataReceived += (_, _) => { }; // read, so that it does not wait for a reader
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

    /// <summary>Those that have joined, in their order.</summary>
    public IReadOnlyList<Process> Workers => _workers;

    public void Join(params string[] names) => Join(names, []);

    public void Join(string[] names, string[] options)
    {
        foreach (var name in names) Join(Socket, ["--name", name, .. options]);
    }

    /// <summary>A worker joins over TLS.</summary>
    /// <param name="options">With which it proves who it is.</param>
    public Process JoinRemotely(params string[] options) => Join(Remote!, options);

    /// <summary>A verb that asks it.</summary>
    public Task<Invocation> Ask(params string[] args) => Invocation.Of([.. args, "--coordinator", Api, "--json"]);

    /// <summary>Returns at the first step of a job.</summary>
    public Task FirstStepAsync(string job) => StepAsync(job, after: 0);

    /// <summary>Returns at a step of a job.</summary>
    public async Task StepAsync(string job, long after)
    {
        using var bound = new CancellationTokenSource(Bound);
        using var log = Start("logs", job, "--follow", "--coordinator", Api, "--json");
        while (JsonNode.Parse((await log.StandardOutput.ReadLineAsync(bound.Token))!) is { } entry && ((string)entry["event"]! != "step" || (long)entry["step"]! <= after))
        {
        }

        log.Kill();
    }

    /// <summary>Returns when a job's log has an epoch of so many workers as its newest.</summary>
    public async Task EventAsync(string job, string kind, int workers)
    {
        using var bound = new CancellationTokenSource(Bound);
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while ((await Ask("logs", job)).Named("log").LastOrDefault(entry => (string)entry["kind"]! == kind) is not { } last || !((string)last["text"]!).Contains($": {workers} worker", StringComparison.Ordinal))
            await looks.WaitForNextTickAsync(bound.Token);
    }

    /// <summary>Returns when a job is in a state.</summary>
    public async Task StateAsync(string job, string state)
    {
        using var bound = new CancellationTokenSource(Bound);
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while ((string)(await Ask("jobs", job)).Named("summary").Single()["state"]! != state) await looks.WaitForNextTickAsync(bound.Token);
    }

    /// <summary>Returns when N workers are idle.</summary>
    public async Task IdleAsync(int workers)
    {
        using var bound = new CancellationTokenSource(Bound);
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        using var client = new HttpClient();
        while (await Idle() != workers) await looks.WaitForNextTickAsync(bound.Token);

        async Task<int> Idle() => ((JsonArray)(await client.GetFromJsonAsync<JsonObject>($"{Api}/api/v1/workers", bound.Token))!["workers"]!)
            .Count(worker => (string)worker!["state"]! == "idle");
    }

    /// <summary>Sends a signal, and waits for the end.</summary>
    /// <returns>The exit status.</returns>
    public async Task<int> EndAsync(string signal)
    {
        var status = await EndAsync(Process, signal);
        using var bound = new CancellationTokenSource(Bound);
        foreach (var worker in _workers) await worker.WaitForExitAsync(bound.Token); // they end with their coordinator
        return status;
    }

    /// <summary>Sends a signal to a process, and waits for its end.</summary>
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

    /// <summary>Waits for the end of the workers.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> WorkersEndAsync()
    {
        using var bound = new CancellationTokenSource(Bound);
        foreach (var worker in _workers) await worker.WaitForExitAsync(bound.Token);
        return _workers.Count;
    }

    /// <summary>Ends the coordinator without a word; its workers live on.</summary>
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

    private static Process Start(params string[] args) => Process.Start(new ProcessStartInfo("dotnet", [typeof(CommandLine).Assembly.Location, .. args])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = AppContext.BaseDirectory,
    })!;
}
