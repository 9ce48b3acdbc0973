using System.Diagnostics;
using Distributed.Cli;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>The result of a process that a shell starts with its own limits, redirections or environment.</summary>
internal sealed record ShellRun(int Status, string Output, string Error)
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(5);

    /// <summary>The lines of standard error.</summary>
    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Runs a command to its end.</summary>
    /// <param name="script">Script for sh; <c>"$@"</c> is the command.</param>
    /// <param name="args">Arguments of the command.</param>
    public static async Task<ShellRun> OfAsync(string script, params string[] args)
    {
        using var process = Start(script, args);
        using var bound = new CancellationTokenSource(Bound);
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(bound.Token), process.StandardError.ReadToEndAsync(bound.Token));
            await process.WaitForExitAsync(bound.Token);
            return new ShellRun(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Starts a command.</summary>
    public static Process Start(string script, params string[] args) => Process.Start(
        new ProcessStartInfo("sh", ["-c", script, "sh", "dotnet", typeof(CommandLine).Assembly.Location, .. args])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = AppContext.BaseDirectory,
    })!;
}
