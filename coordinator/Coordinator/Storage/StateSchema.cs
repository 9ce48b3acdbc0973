namespace Distributed.Coordinator.Storage;

/// <summary>The tables of <c>state.db</c> by version. A released version never changes; changes are made by a new version.</summary>
internal static class StateSchema
{
    /// <summary>A query over the columns of the only table that opening the store does not read.</summary>
    public const string Probe = "SELECT job, number, at, kind, after_step, text, data FROM events LIMIT 1";

    public static IReadOnlyList<string> Versions { get; } =
    [
        """
        CREATE TABLE identity (one INTEGER PRIMARY KEY CHECK (one = 1), tag TEXT NOT NULL);
        CREATE TABLE jobs (
            number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, job TEXT NOT NULL,
            state TEXT NOT NULL, reason TEXT NOT NULL, submitted INTEGER NOT NULL, started INTEGER, ended INTEGER,
            workers INTEGER NOT NULL, steps INTEGER NOT NULL, step INTEGER NOT NULL, checkpoint TEXT, checkpoint_step INTEGER NOT NULL,
            request_key TEXT UNIQUE, record TEXT, ledger TEXT);
        CREATE TABLE events (
            job TEXT NOT NULL REFERENCES jobs (id), number INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL,
            after_step INTEGER NOT NULL, text TEXT NOT NULL, data TEXT, PRIMARY KEY (job, number)) WITHOUT ROWID
        """,

        // User requests survive the coordinator that received them; and whether a job failed because recoveries made no progress.
        """
        ALTER TABLE jobs ADD COLUMN pause_asked INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE jobs ADD COLUMN stop_saves INTEGER;
        ALTER TABLE jobs ADD COLUMN stop_reason TEXT;
        ALTER TABLE jobs ADD COLUMN without_progress INTEGER NOT NULL DEFAULT 0;
        UPDATE jobs SET pause_asked = 1 WHERE state = 'Paused'
        """,

        // The epoch of the last commit, and the number of committed steps whose effect was lost.
        """
        ALTER TABLE jobs ADD COLUMN step_epoch INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE jobs ADD COLUMN steps_lost INTEGER NOT NULL DEFAULT 0
        """,

        // Why a job failed: a FailureCause by number, 13 for no progress. The column without_progress is no longer used.
        """
        ALTER TABLE jobs ADD COLUMN failure_cause INTEGER NOT NULL DEFAULT 0;
        UPDATE jobs SET failure_cause = 13 WHERE without_progress = 1
        """,
    ];
}
