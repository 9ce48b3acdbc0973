using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Distributed.Cli;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>A <c>train --json</c> in its own session and process group; all of its processes are killed after the test.</summary>
internal sealed class SessionProcess : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);
    private readonly Process _process;
    private readonly List<JsonObject> _events = [];

    /// <summary>Starts the process.</summary>
    /// <param name="launcher">Command that starts it within the session, such as <c>nohup</c>; empty for none.</param>
    /// <param name="args">Arguments of <c>train</c>.</param>
    public SessionProcess(string[] launcher, params string[] args)
    {
        _process = Process.Start(
            new ProcessStartInfo("setsid", [.. launcher, "dotnet", typeof(CommandLine).Assembly.Location, "train", .. args, "--json"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = AppContext.BaseDirectory,
        })!;
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public IReadOnlyList<JsonObject> Events => _events;

    public JsonObject Summary => Named("summary").Single();

    public IEnumerable<JsonObject> Named(string name) => _events.Where(each => (string)each["event"]! == name);

    /// <summary>Ids of the session's processes, without zombies.</summary>
    public IReadOnlyList<int> Living =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0 && Status(id) is { } status && status[0] != "Z" && status[3] == $"{_process.Id}"),
    ];

    /// <summary>Reads events up to the first one that matches.</summary>
    public async Task UntilAsync(Func<JsonObject, bool> which)
    {
        using var bound = new CancellationTokenSource(Bound);
        while (await _process.StandardOutput.ReadLineAsync(bound.Token) is { } line)
        {
            _events.Add((JsonObject)JsonNode.Parse(line)!);
            if (which(_events[^1])) return;
        }

        throw new InvalidOperationException($"The process ended before the expected event, after {_events.LastOrDefault()}.");
    }

    public Task UntilAsync(string name) => UntilAsync(each => (string)each["event"]! == name);

    /// <summary>Sends a signal to a process, or to a process group if the id is negative.</summary>
    public static async Task SignalAsync(string signal, int process)
    {
        using var bound = new CancellationTokenSource(Bound);
        using var kill = Process.Start("kill", [signal, "--", $"{process}"]);
        await kill.WaitForExitAsync(bound.Token);
    }

    /// <summary>Reads the remaining events and waits for the end of the process.</summary>
    /// <returns>The exit status.</returns>
    public async Task<int> EndAsync()
    {
        using var bound = new CancellationTokenSource(Bound);
        while (await _process.StandardOutput.ReadLineAsync(bound.Token) is { } line) _events.Add((JsonObject)JsonNode.Parse(line)!);
        await _process.WaitForExitAsync(bound.Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        foreach (var id in Living)
        {
            using var kill = Process.Start("kill", ["-KILL", $"{id}"]);
            kill.WaitForExit();
        }

        _process.Dispose();
    }

    // State, parent, group and session of /proc/PID/stat, see proc(5); null if the process does not exist.
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
}
