using System.Diagnostics;
using System.Globalization;
using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Storage;
using Distributed.Coordinator.Tests.Support;

namespace Distributed.Coordinator.Tests.Storage;

/// <summary>A writing process is killed: every write that it reported as done is on disk.</summary>
public sealed class KillTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(3)]
    [InlineData(150)]
    public async Task Kill_DuringWrites_LosesNoCommittedWrite(int writes)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(KillTests).Assembly.Location]) { RedirectStandardOutput = true };
        start.Environment[KilledWriter.Variable] = _folder.Path;
        using var bound = new CancellationTokenSource(Bound);
        using var process = Process.Start(start)!;
        var reported = 0L;
        try
        {
            while (reported < writes)
                reported = long.Parse((await process.StandardOutput.ReadLineAsync(bound.Token))!, CultureInfo.InvariantCulture);
        }
        finally
        {
            process.Kill();
        }

        var rest = (await process.StandardOutput.ReadToEndAsync(bound.Token)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await process.WaitForExitAsync(bound.Token);
        if (rest.Length > 0 && long.TryParse(rest[^1], CultureInfo.InvariantCulture, out var last)) reported = Math.Max(reported, last);

        using var store = new StateStore(Path.Combine(_folder.Path, "state.db"));
        using var metrics = new MetricsHistory(Path.Combine(_folder.Path, "metrics.db"));
        var job = Assert.Single(store.Jobs());
        Assert.InRange(job.Step, reported, reported + 1); // a write after the last report may be on disk too
        Assert.InRange(long.Parse(store.Load(job.Id)!, CultureInfo.InvariantCulture), reported, reported + 1);
        var events = store.Events(job.Id, most: 1_000_000);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(number => $"event {number}"), events.Select(each => each.Text));
        Assert.InRange(events.Count, reported, reported + 1);
        var newest = metrics.Read(job.Id, 1)[^1].LastStep;
        Assert.Equal(newest, metrics.Read(job.Id, 1000).Sum(point => point.Steps)); // a step is stored with its roll-ups, or not at all
        Assert.InRange(newest, reported, reported + 1);
        store.Update(job with { Step = 0 }); // the store accepts writes
    }
}
