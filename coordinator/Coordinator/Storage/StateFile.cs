using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Distributed.Coordinator.Storage;

/// <summary>
/// A SQLite file of the coordinator's state, with a write-ahead log and its own format version. Thread-safe.
/// <list type="number">
/// <item>One connection writes and another reads. Writes are made one at a time; a read returns the transactions that are committed, and
/// does not wait for a write.</item>
/// <item>Opening checks for damage first. A problem becomes a <see cref="StateException"/> that names the file and the fix. A missing or
/// empty file is not treated as new if another file shows that it existed.</item>
/// <item>While the file is open, a mark file (<c>-open</c>) exists next to it. If the process is killed, the newest writes are in the
/// write-ahead log. An opening that finds the mark and no log refuses, because SQLite would silently return to an earlier state. Another
/// program that opens the database (<c>sqlite3</c>) copies the log into it and removes the log; then nothing is lost. A number in the mark
/// file, which reaches the database through the log, distinguishes the two cases.</item>
/// <item>Later failures of the disk or its content become an <see cref="IOException"/> that names the file.</item>
/// </list>
/// </summary>
internal sealed class StateFile : IDisposable
{
    private const string NoRoom = "Free some space on its disk, or choose another folder with --state.";
    private const string NoAccess = "Let this user read and write it and its folder, or choose another folder with --state.";
    private const int ConstraintViolated = 19;
    private const int LeastFile = 100, LeastLog = 32; // bytes of the headers (sqlite.org/fileformat2.html)
    private const int ApplicationId = 68; // offset of the number in the database header
    private const int WritesPerCheckpoint = 256;
    private static readonly byte[] Magic = Encoding.ASCII.GetBytes("SQLite format 3\0");
    private static readonly uint[] LogMagic = [0x377f0682, 0x377f0683];

    private readonly Lock _writing = new(), _reading = new();
    private readonly string _path;
    private readonly SqliteConnection _writer, _reader;
    private bool? _isDurable;
    private int _writes;

    private StateFile(string path, SqliteConnection writer, SqliteConnection reader) => (_path, _writer, _reader) = (path, writer, reader);

    private static string LogOf(string path) => path + "-wal";

    private static string MarkOf(string path) => path + "-open";

    /// <summary>Opens a file, or creates it, and migrates it to this release's version.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="schema">Statements that migrate each version to the next; the first from version 0 to 1.</param>
    /// <param name="probe">A query over the columns of the tables, which fails on another program's database.</param>
    /// <param name="remedy">How to fix damage, as a complete sentence.</param>
    /// <exception cref="StateException">The file is damaged, a newer release wrote it, or it cannot be read and written.</exception>
    public static StateFile Open(string path, IReadOnlyList<string> schema, string probe, string remedy)
    {
        var connection = Connect(path, SqliteOpenMode.ReadWriteCreate);
        var reader = Connect(path, SqliteOpenMode.ReadOnly);
        try
        {
            if (Damage(path) is { } damage) throw new StateException($"{path} {damage} {remedy}");
            connection.Open();
            connection.Run("PRAGMA journal_mode = WAL");
            connection.Run("PRAGMA busy_timeout = 5000; PRAGMA wal_autocheckpoint = 0");
            if (connection.Scalar("PRAGMA quick_check(1)") is not "ok" and var found)
                throw new StateException($"{path} is damaged: {OneLine($"{found}")}. {remedy}");
            Migrate(connection, path, schema);
            connection.Scalar(probe);
            Mark(connection, path);
            reader.Open();
            reader.Run("PRAGMA busy_timeout = 5000");
            return new StateFile(path, connection, reader);
        }
        catch (Exception error)
        {
            reader.Dispose();
            connection.Dispose();
            throw error switch
            {
                SqliteException failed => new StateException($"{path} cannot be used: {OneLine(failed.Message)}. {FixOf(failed, remedy)}",
                    failed),
                IOException { HResult: StateFolder.NoSpace } => new StateException(
                    $"{path} cannot be used: {OneLine(error.Message)}. {NoRoom}", error),
                IOException or UnauthorizedAccessException => new StateException(
                    $"{path} cannot be used: {OneLine(error.Message)}. {NoAccess}", error),
                _ => error,
            };
        }
    }

    /// <summary>Runs a read.</summary>
    /// <exception cref="IOException">The file is damaged, or cannot be read.</exception>
    public T Read<T>(Func<SqliteConnection, T> work)
    {
        try
        {
            lock (_reading) return work(_reader);
        }
        catch (Exception error) when (error is SqliteException || IsOfContent(error))
        {
            throw new IOException($"{_path} cannot be read: {OneLine(error.Message)}.", error);
        }
    }

    /// <summary>Runs writes in one transaction.</summary>
    /// <param name="durable">Whether the writes survive a power failure once this method returns.</param>
    /// <param name="work">The writes. The connection that it receives also reads them.</param>
    /// <exception cref="IOException">The file cannot be written; nothing has changed.</exception>
    public T Write<T>(bool durable, Func<SqliteConnection, T> work)
    {
        lock (_writing)
        {
            try
            {
                if (_isDurable != durable) _writer.Run($"PRAGMA synchronous = {(durable ? "FULL" : "NORMAL")}");
                _isDurable = durable;
                using var transaction = _writer.BeginTransaction(deferred: false);
                var result = work(_writer);
                transaction.Commit();
                if (++_writes % WritesPerCheckpoint == 0) Checkpoint();
                return result;
            }
            catch (SqliteException error) when (error.SqliteErrorCode != ConstraintViolated)
            {
                throw new IOException($"{_path} cannot be written: {OneLine(error.Message)}.", error);
            }
        }
    }

    /// <summary>Returns whether an exception means that a stored value has another type than the one that was written.</summary>
    public static bool IsOfContent(Exception error) =>
        error is InvalidCastException or InvalidOperationException or FormatException or OverflowException or ArgumentException
            or InvalidDataException;

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_writing)
        lock (_reading)
        {
            File.Delete(MarkOf(_path)); // before closing, which copies the log into the database and removes it
            _reader.Dispose();
            _writer.Dispose(); // last, because a connection that only reads cannot copy the log
        }
    }

    private static SqliteConnection Connect(string path, SqliteOpenMode mode) =>
        new(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ToString());

    // Copies the log into the database. If that fails, the log grows until a later checkpoint succeeds.
    private void Checkpoint()
    {
        try
        {
            using var command = _writer.CreateCommand();
            command.CommandText = "PRAGMA wal_checkpoint(PASSIVE)"; // does not wait for readers
            using (var answer = command.ExecuteReader())
            {
                if (!answer.Read() || answer.GetInt32(1) != answer.GetInt32(2)) return; // pages in the log, pages copied
            }

            Mark(_writer, _path);
        }
        catch (Exception error) when (error is SqliteException or IOException)
        {
            // The disk is full or fails. The log holds all changes; the next checkpoint tries again.
        }
    }

    // Increments the number: first in the log, then in the mark file.
    private static void Mark(SqliteConnection connection, string path)
    {
        var number = Convert.ToInt32(connection.Scalar("PRAGMA application_id"), CultureInfo.InvariantCulture) % int.MaxValue + 1;
        connection.Run($"PRAGMA application_id = {number}");
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        using var mark = new FileStream(MarkOf(path), FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        mark.Write(bytes); // in place, so that a full disk does not matter
    }

    // Finds damage that SQLite would not detect, or would treat as a new file.
    private static string? Damage(string path)
    {
        if (Directory.Exists(path)) return "is a folder, but must be a file.";
        var (log, wasOpen) = (new FileInfo(LogOf(path)), File.Exists(MarkOf(path)));
        if (!File.Exists(path)) return wasOpen || log.Exists ? "is missing, but the files next to it show that it existed." : null;
        if (Begin(path, LeastFile) is not { } begin || !begin.AsSpan().StartsWith(Magic))
            return new FileInfo(path).Length == 0 ? "is empty (0 bytes): its content is lost." : "is damaged: it is not a SQLite database.";
        if (!wasOpen) return null;
        var undo = $"(To continue with the content of the file itself, without its newest changes, delete {MarkOf(path)}.)";
        if (!log.Exists || log.Length == 0)
        {
            // Another program may have copied the log into the file.
            if (Begin(MarkOf(path), sizeof(int)) is { } mark && begin.AsSpan(ApplicationId).StartsWith(mark)) return null;
        }

        if (!log.Exists) return $"lacks its newest changes: the coordinator was killed, and {log.FullName} is missing. {undo}";
        return Begin(log.FullName, LeastLog) is { } header
            && LogMagic.Contains((uint)(header[0] << 24 | header[1] << 16 | header[2] << 8 | header[3]))
            ? null
            : $"lacks its newest changes: {log.FullName} is damaged. {undo}";
    }

    // Reads the first bytes; null if there are fewer.
    private static byte[]? Begin(string path, int bytes)
    {
        using var file = File.OpenRead(path);
        var begin = new byte[bytes];
        return file.ReadAtLeast(begin, bytes, throwOnEndOfStream: false) == bytes ? begin : null;
    }

    private static void Migrate(SqliteConnection connection, string path, IReadOnlyList<string> schema)
    {
        var version = Convert.ToInt32(connection.Scalar("PRAGMA user_version"), CultureInfo.InvariantCulture);
        if (version > schema.Count)
        {
            throw new StateException(
                $"{path} has format version {version}, but this release supports versions up to {schema.Count}: "
                + "run the newer release that wrote it, or choose another folder with --state.");
        }

        for (; version < schema.Count; version++)
        {
            // The version and the schema change together, or not at all.
            connection.Run($"BEGIN IMMEDIATE; {schema[version]}; PRAGMA user_version = {version + 1}; COMMIT");
        }

        connection.Run($"BEGIN IMMEDIATE; PRAGMA user_version = {version}; COMMIT"); // fails if the file is not writable
    }

    private static string FixOf(SqliteException error, string damaged) => error.SqliteErrorCode switch
    {
        13 => NoRoom, // SQLITE_FULL
        5 or 6 => "Stop the process that has it open, or choose another folder with --state.", // SQLITE_BUSY, SQLITE_LOCKED
        3 or 8 or 14 or 23 => NoAccess, // PERM, READONLY, CANTOPEN, AUTH
        10 => "Check its disk, or choose another folder with --state.", // SQLITE_IOERR
        _ => damaged,
    };

    private static string OneLine(string text) =>
        string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).TrimEnd('.');
}
