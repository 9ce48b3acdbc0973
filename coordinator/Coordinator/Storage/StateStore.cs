using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Distributed.Coordinator.Storage;

/// <summary>
/// The coordinator's jobs and their events, in one SQLite file. Thread-safe.
/// <list type="number">
/// <item>Once a call returns, its writes survive a kill of the process. Jobs and records survive a power failure too (synchronous FULL).
/// After a power failure the newest events may be missing, but their order is intact (synchronous NORMAL).</item>
/// <item>All writes go through this class, one at a time. Reads return what is committed, and do not wait for a write.</item>
/// <item>Only the newest events of each job are kept.</item>
/// </list>
/// </summary>
public sealed partial class StateStore : IStateStore, IDisposable
{
    private readonly StateFile _file;
    private readonly int _eventsPerJob;
    private const string Remedy = "Restore a copy of it, or move it and metrics.db away to start without its jobs "
        + "(checkpoints stay where they are), or choose another folder with --state.";

    /// <summary>Opens a file, or creates it.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="eventsPerJob">Number of events that are kept of each job, at least 1.</param>
    /// <exception cref="StateException">A newer release wrote the file, or it is damaged.</exception>
    public StateStore(string path, int eventsPerJob = 10_000)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(eventsPerJob, 1);
        _eventsPerJob = eventsPerJob;
        _file = StateFile.Open(path, StateSchema.Versions, StateSchema.Probe, Remedy);
        try
        {
            Write(durable: true,
                connection => connection.Run("INSERT OR IGNORE INTO identity VALUES (1, $tag)",
                    ("$tag", Guid.NewGuid().ToString("N")[..4])));
            Tag = Read(connection => (string)connection.Scalar("SELECT tag FROM identity")!);
            Jobs();
        }
        catch (IOException error)
        {
            _file.Dispose();
            throw new StateException($"{error.Message} {Remedy}", error);
        }
    }

    /// <summary>Distinguishes the ids of this coordinator's jobs from another's: four characters, generated once per file.</summary>
    public string Tag { get; }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private T Write<T>(bool durable, Func<SqliteConnection, T> work) => _file.Write(durable, work);

    private T Read<T>(Func<SqliteConnection, T> work) => _file.Read(work);

    private static object? Time(DateTimeOffset? time) => time?.ToUnixTimeMilliseconds();

    private static DateTimeOffset? Time(object value) =>
        value is DBNull ? null : DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(value, CultureInfo.InvariantCulture));
}
