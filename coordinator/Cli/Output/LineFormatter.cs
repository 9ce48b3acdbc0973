using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Distributed.Cli.Output;

/// <summary>Formats a log entry as one line: time, level and text, with the category for entries of other libraries.</summary>
internal sealed class LineFormatter(TimeProvider time) : ConsoleFormatter(Named)
{
    public const string Named = "line";

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var of = entry.Category.StartsWith($"{nameof(Distributed)}.", StringComparison.Ordinal) ? "" : $"{entry.Category}: ";
        var text = $"{of}{entry.Formatter(entry.State, entry.Exception)}{(entry.Exception is { } error ? $" {error}" : "")}";
        textWriter.WriteLine(
            Format.Invariant($"{time.GetLocalNow():yyyy-MM-ddTHH:mm:ss.fff} {Word(entry.LogLevel)}: {text.ReplaceLineEndings(" ")}"));
    }

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce",
        LogLevel.Debug => "dbug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        _ => "crit",
    };
}
