using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Distributed.Cli.Training;

namespace Distributed.Benchmarks.Control;

/// <summary>`serve` as a process of its own; gone after the measurement.</summary>
internal sealed class ServedCoordinator : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);
    private readonly Process _process;
    private readonly Uri _api;

    private ServedCoordinator(Process process, JsonNode serving)
    {
        (_process, _api, Workers) = (process, new Uri((string)serving["api"]!), new Uri((string)serving["workers_tls"]!));
        Idle = Use;
    }

    /// <summary>Where workers join over TLS.</summary>
    public Uri Workers { get; }

    /// <summary>What it had used when nobody had joined.</summary>
    public ProcessUse Idle { get; }

    /// <summary>What it has used so far.</summary>
    public ProcessUse Use => ProcessUse.Of(_process);

    /// <summary>Returns when it serves.</summary>
    public static async Task<ServedCoordinator> StartAsync(string state)
    {
        var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(WorkerPrograms).Assembly.Location, "serve", "--listen", "127.0.0.1:0", "--workers", "127.0.0.1:0", "--state", state, "--json"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.ErrorDataReceived += (_, _) => { }; // read, so that it does not wait for a reader
        process.BeginErrorReadLine();
        try
        {
            using var bound = new CancellationTokenSource(Bound);
            return new ServedCoordinator(process, JsonNode.Parse(await process.StandardOutput.ReadLineAsync(bound.Token) ?? throw new InvalidOperationException("The coordinator does not serve."))!);
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>How many workers it knows.</summary>
    public async Task<int> CountAsync()
    {
        using var client = new HttpClient { BaseAddress = _api };
        return ((JsonArray)(await client.GetFromJsonAsync<JsonObject>("api/v1/workers"))!["workers"]!).Count;
    }

    /// <summary>Asks it to end, and waits.</summary>
    public async ValueTask DisposeAsync()
    {
        using var bound = new CancellationTokenSource(Bound);
        try
        {
            using (var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync(bound.Token);
            await _process.WaitForExitAsync(bound.Token);
        }
        finally
        {
            if (!_process.HasExited) _process.Kill();
            _process.Dispose();
        }
    }
}
