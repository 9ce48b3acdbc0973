using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Distributed.Coordinator.Storage;

/// <summary>How this project uses SQLite: one connection per file, write-ahead log, a version of the file's own.</summary>
internal static class Sqlite
{
    /// <summary>Opens a file, or makes it, and brings it to this release's version.</summary>
    /// <param name="path">The file.</param>
    /// <param name="schema">Statements that lead from each version to the next: the first from 0 to 1.</param>
    /// <exception cref="StateException">A newer release wrote it, or it is damaged.</exception>
    public static SqliteConnection Open(string path, IReadOnlyList<string> schema)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            connection.Run("PRAGMA journal_mode = WAL");
            connection.Run("PRAGMA busy_timeout = 5000");
            Migrate(connection, path, schema);
            return connection;
        }
        catch (SqliteException error)
        {
            connection.Dispose();
            throw new StateException($"{path} cannot be used: {error.Message.TrimEnd('.')}. Move it away to start without it, or name another folder with --state.", error);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Runs a statement.</summary>
    /// <returns>Rows changed.</returns>
    public static int Run(this SqliteConnection connection, string statement, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using var command = connection.Prepare(statement, values);
        return command.ExecuteNonQuery();
    }

    /// <summary>The first column of the first row; null where there is none.</summary>
    public static object? Scalar(this SqliteConnection connection, string statement, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using var command = connection.Prepare(statement, values);
        return command.ExecuteScalar() is { } value and not DBNull ? value : null;
    }

    /// <summary>Every row.</summary>
    public static List<T> Rows<T>(this SqliteConnection connection, string statement, Func<SqliteDataReader, T> row, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using var command = connection.Prepare(statement, values);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(row(reader));
        return rows;
    }

    private static SqliteCommand Prepare(this SqliteConnection connection, string statement, ReadOnlySpan<(string Name, object? Value)> values)
    {
        var command = connection.CreateCommand();
        command.CommandText = statement;
        foreach (var (name, value) in values) command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    private static void Migrate(SqliteConnection connection, string path, IReadOnlyList<string> schema)
    {
        var version = Convert.ToInt32(connection.Scalar("PRAGMA user_version"), CultureInfo.InvariantCulture);
        if (version > schema.Count)
            throw new StateException($"{path} has version {version} of its format, and this release knows versions up to {schema.Count}: run the newer release that wrote it, or name another folder with --state.");
        for (; version < schema.Count; version++)
        {
            // The version changes with what it stands for, or neither does.
            connection.Run($"BEGIN IMMEDIATE; {schema[version]}; PRAGMA user_version = {version + 1}; COMMIT");
        }
    }
}
