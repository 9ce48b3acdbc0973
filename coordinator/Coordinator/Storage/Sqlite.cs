using Microsoft.Data.Sqlite;

namespace Distributed.Coordinator.Storage;

/// <summary>Runs statements and reads their rows.</summary>
internal static class Sqlite
{
    /// <summary>Runs a statement.</summary>
    /// <returns>Number of rows changed.</returns>
    public static int Run(this SqliteConnection connection, string statement, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using var command = connection.Prepare(statement, values);
        return command.ExecuteNonQuery();
    }

    /// <summary>Reads the first column of the first row; null if there is no row.</summary>
    public static object? Scalar(
        this SqliteConnection connection, string statement, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using var command = connection.Prepare(statement, values);
        return command.ExecuteScalar() is { } value and not DBNull ? value : null;
    }

    /// <summary>Reads all rows.</summary>
    public static List<T> Rows<T>(this SqliteConnection connection, string statement, Func<SqliteDataReader, T> row,
        params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using var command = connection.Prepare(statement, values);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(row(reader));
        return rows;
    }

    /// <summary>Reads a text column of a row.</summary>
    public static string Text(this SqliteDataReader row, string column) => row.GetString(row.GetOrdinal(column));

    /// <summary>Reads a text column of a row; null if it has no value.</summary>
    public static string? TextOrNull(this SqliteDataReader row, string column) =>
        row.IsDBNull(row.GetOrdinal(column)) ? null : row.Text(column);

    /// <summary>Reads an integer column of a row.</summary>
    public static long Number(this SqliteDataReader row, string column) => row.GetInt64(row.GetOrdinal(column));

    /// <summary>Reads a Boolean column of a row.</summary>
    public static bool Flag(this SqliteDataReader row, string column) => row.GetBoolean(row.GetOrdinal(column));

    private static SqliteCommand Prepare(
        this SqliteConnection connection, string statement, ReadOnlySpan<(string Name, object? Value)> values)
    {
        var command = connection.CreateCommand();
        command.CommandText = statement;
        foreach (var (name, value) in values) command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }
}
