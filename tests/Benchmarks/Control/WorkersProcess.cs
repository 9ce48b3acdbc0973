using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Distributed.Benchmarks.Control;

/// <summary>The process of the simulated workers, seen from outside; gone when disposed.</summary>
internal sealed class WorkersProcess : IDisposable
{
    private static readonly TimeSpan Joining = TimeSpan.FromMinutes(6), Leaving = TimeSpan.FromMinutes(1);
    private readonly Process _process;
    private readonly TimeSpan _bound;

    /// <summary>Starts it.</summary>
    public WorkersProcess(string state, Uri coordinator, int count, int rounds)
    {
        _bound = Joining + (rounds * ControlWorkers.Round);
        string[] arguments = [typeof(WorkersProcess).Assembly.Location, ControlWorkers.Verb, state, coordinator.ToString(), count.ToString(CultureInfo.InvariantCulture), rounds.ToString(CultureInfo.InvariantCulture)];
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        // It stands for thousands of machines, which do not stop all at once: 256 MiB between two collections.
        start.Environment["DOTNET_GCgen0size"] = "0x10000000";
        _process = Process.Start(start)!;
    }

    /// <summary>Reads on to an event; tells of those before.</summary>
    /// <exception cref="InvalidOperationException">It has failed.</exception>
    public async Task<JsonNode> UntilAsync(string name, TextWriter progress)
    {
        using var bound = new CancellationTokenSource(_bound);
        while (await _process.StandardOutput.ReadLineAsync(bound.Token) is { } line)
        {
            var said = JsonNode.Parse(line)!;
            progress.WriteLine(line);
            if ((string)said["event"]! == name) return said;
        }

        throw new InvalidOperationException("The process of the workers failed; what it said is above.");
    }

    /// <summary>Lets the workers leave, and waits.</summary>
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
