using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Distributed.Coordinator.Storage;

/// <summary>
/// The coordinator's memory: jobs and what happened to them, in one SQLite file.
/// <list type="number">
/// <item>What a call has written when it returns survives the process's being killed. Jobs and records survive the loss of power too (synchronous
/// FULL); of events the last moments may then be missing, never their order (synchronous NORMAL).</item>
/// <item>All writes go through this class, one after another; from any thread.</item>
/// <item>Of each job only the newest events are kept.</item>
/// </list>
/// </summary>
public sealed partial class StateStore : IJobStore, IDisposable
{
    private readonly Lock _gate = new();
    private readonly StateFile _file;
    private readonly int _eventsPerJob;
    private const string WayOut = "Restore a copy of it, or move it and metrics.db away to start without its jobs (checkpoints stay where they are), or name another folder with --state.";
    private bool? _full;

    /// <summary>Opens a file, or makes it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="eventsPerJob">Events that are kept of each job, at least 1.</param>
    /// <exception cref="StateException">A newer release wrote it, or it is damaged.</exception>
    public StateStore(string path, int eventsPerJob = 10_000)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(eventsPerJob, 1);
        _eventsPerJob = eventsPerJob;
        _file = StateFile.Open(path, StateSchema.Versions, StateSchema.Probe, WayOut);
        try
        {
            Write(durable: true, connection => connection.Run("INSERT OR IGNORE INTO identity VALUES (1, $tag)", ("$tag", Guid.NewGuid().ToString("N")[..4])));
            Tag = Read(connection => (string)connection.Scalar("SELECT tag FROM identity")!);
            Jobs();
        }
        catch (IOException error)
        {
            _file.Dispose();
            throw new StateException($"{error.Message} {WayOut}", error);
        }
    }

    /// <summary>Tells this coordinator's jobs from another's: four characters, drawn once for the file.</summary>
    public string Tag { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate) _file.Dispose();
    }

    private T Write<T>(bool durable, Func<SqliteConnection, T> work)
    {
        lock (_gate)
        {
            if (_full != durable) _file.Connection.Run($"PRAGMA synchronous = {(durable ? "FULL" : "NORMAL")}");
            _full = durable;
            return _file.Write(work);
        }
    }

    private T Read<T>(Func<SqliteConnection, T> work)
    {
        lock (_gate) return _file.Read(work);
    }

    private static object? Time(DateTimeOffset? time) => time?.ToUnixTimeMilliseconds();

    private static DateTimeOffset? Time(object value) => value is DBNull ? null : DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(value, CultureInfo.InvariantCulture));
}
