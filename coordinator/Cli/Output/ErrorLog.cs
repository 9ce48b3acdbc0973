using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Distributed.Cli.Output;

/// <summary>Creates the logger of long-running processes: one line per entry on standard error. Standard output is for results.</summary>
internal static class ErrorLog
{
    public static ILoggerFactory Create(Action<ILoggingBuilder>? filter = null) => LoggerFactory.Create(builder =>
    {
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddConsole(console => console.FormatterName = LineFormatter.Named)
            .AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        filter?.Invoke(builder);
    });
}
