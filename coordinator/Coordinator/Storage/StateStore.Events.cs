using Microsoft.Data.Sqlite;

namespace Distributed.Coordinator.Storage;

// Events of jobs.
public sealed partial class StateStore
{
    /// <inheritdoc/>
    public void Append(string job, IReadOnlyList<StoredEvent> events) =>
        Write(durable: false, connection => Append(connection, job, events));

    private int Append(SqliteConnection connection, string job, IReadOnlyList<StoredEvent> events)
    {
        var last = (long)connection.Scalar("SELECT coalesce(max(number), 0) FROM events WHERE job = $job", ("$job", job))!;
        foreach (var each in events)
        {
            connection.Run(
                "INSERT INTO events VALUES ($job, $number, $at, $kind, $step, $text, $data)",
                ("$job", job), ("$number", ++last), ("$at", Time(each.At)), ("$kind", each.Kind), ("$step", each.AfterStep),
                ("$text", each.Text), ("$data", each.DataJson));
        }

        return connection.Run("DELETE FROM events WHERE job = $job AND number <= $last", ("$job", job), ("$last", last - _eventsPerJob));
    }

    /// <inheritdoc/>
    public IReadOnlyList<StoredEvent> Events(string job, long after = 0, int most = 1000) => Read(connection => connection.Rows(
        "SELECT number, at, kind, after_step, text, data FROM events WHERE job = $job AND number > $after ORDER BY number LIMIT $most",
        row => new StoredEvent(
            row.Number("number"), TimeOf(row, "at")!.Value, row.Text("kind"), row.Number("after_step"), row.Text("text"),
            row.TextOrNull("data")),
        ("$job", job), ("$after", after), ("$most", most)));
}
