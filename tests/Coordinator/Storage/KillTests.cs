using System.Diagnostics;
using System.Globalization;
using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Storage;
using Distributed.Coordinator.Tests.Support;

namespace Distributed.Coordinator.Tests.Storage;

/// <summary>A process that writes is killed in the middle: whatever it said was written is there.</summary>
public sealed class KillTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(3)]
    [InlineData(150)]
    public async Task Kill_InTheMiddleOfWrites_LosesNothingThatWasCommitted(int writes)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(KillTests).Assembly.Location]) { RedirectStandardOutput = true };
        start.Environment[KilledWriter.Variable] = _folder.Path;
        using var bound = new CancellationTokenSource(Bound);
        using var process = Process.Start(start)!;
        var said = 0L;
        try
        {
            while (said < writes) said = long.Parse((await process.StandardOutput.ReadLineAsync(bound.Token))!, CultureInfo.InvariantCulture);
        }
        finally
        {
            process.Kill();
        }

        var rest = (await process.StandardOutput.ReadToEndAsync(bound.Token)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await process.WaitForExitAsync(bound.Token);
        if (rest.Length > 0 && long.TryParse(rest[^1], CultureInfo.InvariantCulture, out var last)) said = Math.Max(said, last);

        using var store = new StateStore(Path.Combine(_folder.Path, "state.db"));
        using var metrics = new MetricsHistory(Path.Combine(_folder.Path, "metrics.db"));
        var job = Assert.Single(store.Jobs());
        Assert.InRange(job.Step, said, said + 1); // the write after the last word may be there too
        Assert.InRange(long.Parse(store.Load(job.Id)!, CultureInfo.InvariantCulture), said, said + 1);
        var events = store.Events(job.Id, most: 1_000_000);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(number => $"event {number}"), events.Select(each => each.Text));
        Assert.InRange(events.Count, said, said + 1);
        var newest = metrics.Read(job.Id, 1)[^1].LastStep;
        Assert.Equal(newest, metrics.Read(job.Id, 1000).Sum(point => point.Steps)); // a step and its roll-ups, or neither
        Assert.InRange(newest, said, said + 1);
        store.Update(job with { Step = 0 }); // and it goes on
    }
}
