using Distributed.Coordinator.Jobs;
using Distributed.Protocol;
using Microsoft.Data.Sqlite;

namespace Distributed.Coordinator.Storage;

// Jobs and their records.
public sealed partial class StateStore
{
    private const string Columns =
        "number, id, name, job, state, reason, submitted, started, ended, workers, steps, step, checkpoint, checkpoint_step, request_key, "
        + "pause_asked, stop_saves, stop_reason, failure_cause, step_epoch, steps_lost";

    /// <inheritdoc/>
    public IReadOnlyList<StoredJob> Jobs() => Read(connection => connection.Rows($"SELECT {Columns} FROM jobs ORDER BY number", Job));

    /// <inheritdoc/>
    public StoredJob Add(StoredJob job) => Write(durable: true, connection =>
    {
        if (job.RequestKey is { } key
            && connection.Rows($"SELECT {Columns} FROM jobs WHERE request_key = $key", Job, ("$key", key)) is [var known]) return known;
        var number = 1 + (long)connection.Scalar("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'jobs'), 0)")!;
        job = job with { Number = number, Id = $"{job.Name}-{number}-{Tag}" };
        connection.Run(
            $"INSERT INTO jobs ({Columns}) VALUES ($number, $id, $name, $job, $state, $reason, $submitted, $started, $ended, "
            + "$workers, $steps, $step, $checkpoint, $checkpoint_step, $key, $pause, $stop_saves, $stop_reason, "
            + "$failure_cause, $step_epoch, $steps_lost)",
            [("$number", number), ("$id", job.Id), ("$name", job.Name), ("$job", job.JobJson), ("$submitted", Time(job.Submitted)),
                ("$steps", job.Steps), ("$key", job.RequestKey), .. StateColumns(job), .. RequestColumns(job)]);
        return job;
    });

    /// <inheritdoc/>
    public void Update(StoredJob job, bool durable = true, IReadOnlyList<StoredEvent>? events = null) => Write(durable, connection =>
    {
        if (events is not null) Append(connection, job.Id, events);
        return Require(job.Id, connection.Run(
            """
            UPDATE jobs SET state = $state, reason = $reason, started = $started, ended = $ended, step = $step, step_epoch = $step_epoch,
                steps_lost = $steps_lost, failure_cause = $failure_cause, checkpoint = $checkpoint,
                checkpoint_step = $checkpoint_step WHERE id = $id
            """, [("$id", job.Id), .. StateColumns(job)]));
    });

    /// <inheritdoc/>
    public void SaveRequests(StoredJob job) => Write(durable: true, connection => Require(job.Id, connection.Run(
        "UPDATE jobs SET workers = $workers, pause_asked = $pause, stop_saves = $stop_saves, stop_reason = $stop_reason WHERE id = $id",
        [("$id", job.Id), .. RequestColumns(job)])));

    /// <inheritdoc/>
    public void Save(string job, string recordJson) =>
        Write(durable: true,
            connection =>
                Require(job, connection.Run("UPDATE jobs SET record = $record WHERE id = $id", ("$id", job), ("$record", recordJson))));

    /// <inheritdoc/>
    public string? Load(string job) =>
        Read(connection => (string?)connection.Scalar("SELECT CAST(record AS TEXT) FROM jobs WHERE id = $id", ("$id", job)));

    /// <inheritdoc/>
    public void SaveLedger(string job, string ledgerJson) =>
        Write(durable: false,
            connection =>
                Require(job, connection.Run("UPDATE jobs SET ledger = $ledger WHERE id = $id", ("$id", job), ("$ledger", ledgerJson))));

    /// <inheritdoc/>
    public string? Ledger(string job) =>
        Read(connection => (string?)connection.Scalar("SELECT ledger FROM jobs WHERE id = $id", ("$id", job)));

    private static (string, object?)[] StateColumns(StoredJob job) =>
    [
        ("$state", job.State.ToString()), ("$reason", job.Reason), ("$started", Time(job.Started)), ("$ended", Time(job.Ended)),
        ("$step", job.Step), ("$step_epoch", job.StepEpoch), ("$steps_lost", job.StepsLost), ("$checkpoint", job.Checkpoint),
        ("$checkpoint_step", job.CheckpointStep), ("$failure_cause", (int)job.Cause),
    ];

    private static (string, object?)[] RequestColumns(StoredJob job) =>
        [("$workers", job.Workers), ("$pause", job.IsPauseRequested), ("$stop_saves", job.Stop?.Save), ("$stop_reason", job.Stop?.Reason)];

    private static int Require(string job, int changed) =>
        changed == 1 ? changed : throw new KeyNotFoundException($"There is no job {job}.");

    private static StoredJob Job(SqliteDataReader row)
    {
        if (CellsOrNull(row) is not { } job)
        {
            return new StoredJob
            {
                Number = row.Number("number"), Id = row.Text("id"), Name = row.Text("id"), JobJson = "", State = JobState.Failed,
                Reason = "the stored job cannot be read: its row is damaged. Submit the job again; its checkpoints are unchanged.",
            };
        }

        var word = row.Text("state");
        if (Enum.TryParse<JobState>(word, out var state) && Enum.IsDefined(state)) return job with { State = state };
        var reason = $"the stored job cannot be read: its state is '{word}', which this release does not support";
        return job with { State = JobState.Failed, Reason = reason };
    }

    private static StoredJob? CellsOrNull(SqliteDataReader row)
    {
        try
        {
            return Cells(row);
        }
        catch (Exception error) when (StateFile.IsOfContent(error))
        {
            return null;
        }
    }

    private static StoredJob Cells(SqliteDataReader row) => new()
    {
        Number = row.Number("number"),
        Id = row.Text("id"),
        Name = row.Text("name"),
        JobJson = row.Text("job"),
        Reason = row.Text("reason"),
        Submitted = TimeOf(row, "submitted")!.Value,
        Started = TimeOf(row, "started"),
        Ended = TimeOf(row, "ended"),
        Workers = checked((int)row.Number("workers")),
        Steps = row.Number("steps"),
        Step = row.Number("step"),
        Checkpoint = row.TextOrNull("checkpoint"),
        CheckpointStep = row.Number("checkpoint_step"),
        RequestKey = row.TextOrNull("request_key"),
        IsPauseRequested = row.Flag("pause_asked"),
        Cause = (FailureCause)checked((int)row.Number("failure_cause")),
        StepEpoch = row.Number("step_epoch"),
        StepsLost = row.Number("steps_lost"),
        Stop = row.TextOrNull("stop_reason") is { } reason ? new StopRequest(row.Flag("stop_saves"), reason) : null,
    };

    private static DateTimeOffset? TimeOf(SqliteDataReader row, string column) => Time(row.GetValue(row.GetOrdinal(column)));
}
