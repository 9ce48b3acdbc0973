using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Distributed.Benchmarks.Control;

/// <summary>Starts and controls the process of the simulated workers; disposing kills it.</summary>
internal sealed class WorkersProcess : IDisposable
{
    private static readonly TimeSpan Joining = TimeSpan.FromMinutes(6), Leaving = TimeSpan.FromMinutes(1);
    private readonly Process _process;
    private readonly TimeSpan _bound;

    /// <summary>Starts the process.</summary>
    public WorkersProcess(string state, Uri coordinator, int count, int rounds)
    {
        _bound = Joining + (rounds * ControlWorkers.Round);
        string[] arguments = [typeof(WorkersProcess).Assembly.Location, ControlWorkers.Verb, state, coordinator.ToString(),
            count.ToString(CultureInfo.InvariantCulture), rounds.ToString(CultureInfo.InvariantCulture)];
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        // The process stands for thousands of machines, which do not pause at the same time: 256 MiB between two garbage collections.
        start.Environment["DOTNET_GCgen0size"] = "0x10000000";
        _process = Process.Start(start)!;
    }

    /// <summary>Reads events up to the one with a name, and copies each line to <paramref name="progress"/>.</summary>
    /// <exception cref="InvalidOperationException">The process has failed.</exception>
    public async Task<JsonNode> UntilAsync(string name, TextWriter progress)
    {
        using var bound = new CancellationTokenSource(_bound);
        while (await _process.StandardOutput.ReadLineAsync(bound.Token) is { } line)
        {
            var reported = JsonNode.Parse(line)!;
            progress.WriteLine(line);
            if ((string)reported["event"]! == name) return reported;
        }

        throw new InvalidOperationException("The process of the workers failed; its output is above.");
    }

    /// <summary>Lets the workers leave, and waits for the end of the process.</summary>
    public async Task LeaveAsync()
    {
        using var bound = new CancellationTokenSource(Leaving);
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(bound.Token);
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}
