using System.Runtime.CompilerServices;
using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Storage;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>
/// A job's events and steps in order, read from the stores. A reader that is slow or reconnects misses only entries that were deleted from
/// the stores. A step that runs twice is listed once.
/// </summary>
public sealed class JobLog(JobRegistry registry, IStateStore store, MetricsHistory metrics)
{
    private const int Page = 500;

    /// <summary>Reads a job's log.</summary>
    /// <param name="job">Identity of the job.</param>
    /// <param name="cursor">The last entry that the caller has.</param>
    /// <param name="follow">Whether to wait for more entries until the job has ended.</param>
    /// <param name="cancellation">Ends the enumeration.</param>
    /// <exception cref="KeyNotFoundException">There is no such job.</exception>
    public async IAsyncEnumerable<LogEntry> ReadAsync(
        string job, LogCursor cursor, bool follow, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            var change = registry.ChangeOf(job); // taken before the read, so that a later change completes it
            var over = registry.Find(job)!.HasEnded;
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

    // A page of events and a page of steps, merged: an event comes after the steps that were known at its time.
    private IEnumerable<LogEntry> Next(string job, LogCursor cursor)
    {
        var events = new Queue<StoredEvent>(store.Events(job, cursor.Event, Page));
        var steps = new Queue<MetricPoint>(metrics.Read(job, 1, cursor.Step + 1, most: Page));
        var moreEvents = events.Count == Page;
        while (events.Count + steps.Count > 0)
        {
            if (steps.TryPeek(out var step) && (!events.TryPeek(out var next) || step.LastStep <= next.AfterStep))
            {
                if (events.Count == 0 && moreEvents) yield break; // the next page may have earlier events
                cursor = cursor with { Step = steps.Dequeue().LastStep };
                yield return new LogEntry(cursor, null, step);
            }
            else
            {
                // The next page has earlier steps.
                if (steps.Count == 0 && cursor.Step < events.Peek().AfterStep && metrics.Read(job, 1, cursor.Step + 1, most: 1).Count > 0)
                    yield break;
                cursor = cursor with { Event = events.Peek().Number };
                yield return new LogEntry(cursor, events.Dequeue(), null);
            }
        }
    }
}
