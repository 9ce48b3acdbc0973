using System.Text;
using Distributed.Cli.Output;
using Spectre.Console;

namespace Distributed.Cli;

/// <summary>The output and error streams of a command, and the request to stop it.</summary>
internal sealed class CommandOutput
{
    /// <summary>Creates an instance over two streams.</summary>
    /// <param name="output">Receives results.</param>
    /// <param name="error">Receives errors, warnings and logs.</param>
    /// <param name="isTerminal">Whether the output is a terminal, so that tables can be redrawn in place.</param>
    /// <param name="stop">The request to save and stop; null creates one.</param>
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
        // Lines for a file or a pipe are not wrapped at the terminal's width.
        if (!isTerminal) Console.Profile.Width = 240;
    }

    /// <summary>The stream for results.</summary>
    public TextWriter Output { get; }

    /// <summary>The stream for errors, warnings and logs.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether the output is a terminal.</summary>
    public bool IsTerminal { get; }

    /// <summary>The request to save and stop the command.</summary>
    public StopRequest Stop { get; }

    /// <summary><see cref="Output"/> as a console that renders tables.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>Whether some results were dropped because the output could not be written.</summary>
    public bool HasLostOutput { get; private set; }

    /// <summary>Opens the standard streams of the process and redirects <see cref="System.Console"/> to them.</summary>
    public static CommandOutput OfProcess()
    {
        if (OperatingSystem.IsWindows())
            return new CommandOutput(System.Console.Out, System.Console.Error, !System.Console.IsOutputRedirected);
        var (output, error) = (new StandardStream(1), new StandardStream(2));
        System.Console.SetOut(Writer(output));
        System.Console.SetError(Writer(error));
        var streams = new CommandOutput(System.Console.Out, System.Console.Error, !System.Console.IsOutputRedirected);
        output.Closed = () => streams.Stop.Request("the reader closed standard output");
        output.Failed = reason =>
        {
            streams.HasLostOutput = true;
            streams.Error.WriteLine(
                $"Standard output cannot be written: {reason}. The command continues and drops lines until writing succeeds.");
        };
        return streams;
    }

    private static StreamWriter Writer(StandardStream stream) =>
        new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 4096) { AutoFlush = true };
}
