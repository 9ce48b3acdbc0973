using System.Text;
using Distributed.Cli.Output;
using Spectre.Console;

namespace Distributed.Cli;

/// <summary>Where a command writes to.</summary>
internal sealed class CommandOutput
{
    /// <param name="output">Results.</param>
    /// <param name="error">Mistakes and failures.</param>
    /// <param name="isTerminal">Whether a person watches, so that tables may be drawn anew in place.</param>
    /// <param name="stop">The request to save and stop; null for a new one.</param>
    public CommandOutput(TextWriter output, TextWriter error, bool isTerminal, StopRequest? stop = null)
    {
        (Output, Error, IsTerminal, Stop) = (output, error, isTerminal, stop ?? new StopRequest());
        Console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        // Lines for a file or a pipe are as long as they are.
        if (!isTerminal) Console.Profile.Width = 240;
    }

    /// <summary>Results.</summary>
    public TextWriter Output { get; }

    /// <summary>Mistakes and failures.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether a person watches.</summary>
    public bool IsTerminal { get; }

    /// <summary>The request that the command saves and stops.</summary>
    public StopRequest Stop { get; }

    /// <summary><see cref="Output"/> for tables.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>Whether a part of the results was dropped because the output could not be written.</summary>
    public bool HasLostOutput { get; private set; }

    /// <summary>The process's own streams, which everything in the process writes to from now on.</summary>
    public static CommandOutput OfProcess()
    {
        if (OperatingSystem.IsWindows()) return new CommandOutput(System.Console.Out, System.Console.Error, !System.Console.IsOutputRedirected);
        var (output, error) = (new StandardStream(1), new StandardStream(2));
        System.Console.SetOut(Writer(output));
        System.Console.SetError(Writer(error));
        var shell = new CommandOutput(System.Console.Out, System.Console.Error, !System.Console.IsOutputRedirected);
        output.Closed = () => shell.Stop.Request("the reader of the output has closed it");
        output.Failed = reason =>
        {
            shell.HasLostOutput = true;
            shell.Error.WriteLine($"Standard output cannot be written: {reason}. The command continues; lines are dropped as long as they cannot be written.");
        };
        return shell;
    }

    private static StreamWriter Writer(StandardStream stream) => new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 4096) { AutoFlush = true };
}
