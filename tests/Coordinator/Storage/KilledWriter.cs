using System.Globalization;
using System.Runtime.CompilerServices;
using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Storage;

namespace Distributed.Coordinator.Tests.Storage;

/// <summary>
/// The program of a process that <see cref="KillTests"/> kills: it writes without end, and reports each write that is done.
/// </summary>
internal static class KilledWriter
{
    public const string Variable = "DISTRIBUTED_TESTS_WRITE_INTO";

    // Runs before the entry point, so that the process runs no tests.
    [ModuleInitializer]
    internal static void Run()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } folder) return;
        using var store = new StateStore(Path.Combine(folder, "state.db"));
        using var metrics = new MetricsHistory(Path.Combine(folder, "metrics.db"));
        using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        var job = store.Add(new StoredJob { Name = "killed", JobJson = "{}", Workers = 1, Steps = 1 });
        for (var number = 1L; ; number++)
        {
            store.Save(job.Id, number.ToString(CultureInfo.InvariantCulture));
            store.Append(job.Id, [new StoredEvent(0, DateTimeOffset.UnixEpoch, "kind", number, $"event {number}", null)]);
            metrics.Add(job.Id, [(number, [.. Enumerable.Repeat((double)number, StepMetrics.Names.Count)])]);
            store.Update(job with { Step = number }, durable: false);
            output.WriteLine(number);
        }
    }
}
