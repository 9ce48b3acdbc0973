using System.Globalization;
using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Storage;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>The position of a reader in a job's log.</summary>
/// <param name="Event">Number of the last event read.</param>
/// <param name="Step">The last step read.</param>
public readonly record struct LogCursor(long Event, long Step)
{
    /// <summary>Parses the text of <see cref="ToString"/>; null if it is not a cursor.</summary>
    public static LogCursor? TryParse(string text) =>
        text.Split('.') is [var number, var step] && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var events)
            && long.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var steps) ? new(events, steps) : null;

    /// <summary>Formats the cursor, for example as <c>12.340</c>.</summary>
    public override string ToString() => $"{Event}.{Step}";
}

/// <summary>One entry of a job's log: an event or a step.</summary>
/// <param name="Cursor">Position after this entry.</param>
/// <param name="Event">The event; null for a step.</param>
/// <param name="Step">The metrics of the step; null for an event.</param>
public sealed record LogEntry(LogCursor Cursor, StoredEvent? Event, MetricPoint? Step);
