using System.Runtime.CompilerServices;
using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Storage;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>
/// A job's events and steps in their order, read from where they are kept: a reader that is slow, or comes again, misses nothing but
/// what is no longer kept. A step that is done twice is told once.
/// </summary>
public sealed class JobLog(JobRegistry registry, StateStore store, MetricsHistory metrics)
{
    private const int Page = 500;

    /// <summary>Reads a job's log.</summary>
    /// <param name="job">Its id.</param>
    /// <param name="cursor">After what.</param>
    /// <param name="follow">Whether to wait for more until the job is over.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="KeyNotFoundException">There is no such job.</exception>
    public async IAsyncEnumerable<LogEntry> ReadAsync(string job, LogCursor cursor, bool follow, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            var change = registry.ChangeOf(job); // before looking: what comes after the look completes it
            var over = registry.Find(job)!.IsOver;
            var any = false;
            foreach (var entry in Next(job, cursor))
            {
                any = true;
                cursor = entry.Cursor;
                yield return entry;
            }

            if (any) continue;
            if (over || !follow) yield break;
            await change.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    // A page of both, merged: an event comes after the steps that were known when it happened.
    private IEnumerable<LogEntry> Next(string job, LogCursor cursor)
    {
        var events = new Queue<StoredEvent>(store.Events(job, cursor.Event, Page));
        var steps = new Queue<MetricPoint>(metrics.Read(job, 1, cursor.Step + 1, most: Page));
        var moreEvents = events.Count == Page;
        while (events.Count + steps.Count > 0)
        {
            if (steps.TryPeek(out var step) && (!events.TryPeek(out var next) || step.LastStep <= next.AfterStep))
            {
                if (events.Count == 0 && moreEvents) yield break; // the next page may have events before it
                cursor = cursor with { Step = steps.Dequeue().LastStep };
                yield return new LogEntry(cursor, null, step);
            }
            else
            {
                if (steps.Count == 0 && cursor.Step < events.Peek().AfterStep && metrics.Read(job, 1, cursor.Step + 1, most: 1).Count > 0) yield break; // likewise steps
                cursor = cursor with { Event = events.Peek().Number };
                yield return new LogEntry(cursor, events.Dequeue(), null);
            }
        }
    }
}
