using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Distributed.Cli.Training;

namespace Distributed.Benchmarks.Control;

/// <summary>`serve` in its own process, which disposing ends.</summary>
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

    /// <summary>Address where workers join over TLS.</summary>
    public Uri Workers { get; }

    /// <summary>Use of the process before any worker joined.</summary>
    public ProcessUse Idle { get; }

    /// <summary>Use of the process so far.</summary>
    public ProcessUse Use => ProcessUse.Of(_process);

    /// <summary>Starts the process and returns when it serves.</summary>
    public static async Task<ServedCoordinator> StartAsync(string state)
    {
        var process = Process.Start(
            new ProcessStartInfo("dotnet",
                [typeof(WorkerPrograms).Assembly.Location, "serve", "--listen", "127.0.0.1:0", "--workers", "127.0.0.1:0",
                    "--state", state, "--json"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.ErrorDataReceived += (_, _) => { }; // drained, so that the process does not block on a full pipe
        process.BeginErrorReadLine();
        try
        {
            using var bound = new CancellationTokenSource(Bound);
            var line = await process.StandardOutput.ReadLineAsync(bound.Token)
                ?? throw new InvalidOperationException("The coordinator did not start to serve.");
            return new ServedCoordinator(process, JsonNode.Parse(line)!);
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>Returns the number of workers that the coordinator lists.</summary>
    public async Task<int> CountAsync()
    {
        using var client = new HttpClient { BaseAddress = _api };
        return ((JsonArray)(await client.GetFromJsonAsync<JsonObject>("api/v1/workers"))!["workers"]!).Count;
    }

    /// <summary>Sends SIGTERM and waits for the end of the process.</summary>
    public async ValueTask DisposeAsync()
    {
        using var bound = new CancellationTokenSource(Bound);
        try
        {
            using (var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]))
                await kill.WaitForExitAsync(bound.Token);
            await _process.WaitForExitAsync(bound.Token);
        }
        finally
        {
            if (!_process.HasExited) _process.Kill();
            _process.Dispose();
        }
    }
}
