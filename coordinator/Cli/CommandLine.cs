using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Distributed.Checkpoints;
using Distributed.Cli.Commands;
using Distributed.Cli.Commands.Checkpoints;
using Distributed.Cli.Commands.Security;
using Distributed.Cli.Commands.Service;
using Distributed.Cli.Commands.Workers;
using Distributed.Cli.Output;
using Distributed.Cli.Resources;
using Distributed.Configuration;
using Distributed.Data;
using Distributed.Rollouts;
using Distributed.Tensors.Safetensors;
using Distributed.Training;
using Distributed.Worker.Links;

namespace Distributed.Cli;

/// <summary>The command line: defines the verbs and maps exceptions to messages and exit statuses.</summary>
internal static class CommandLine
{
    /// <summary>Command that starts the program from a clone, for examples and for printed commands.</summary>
    public const string Invocation = "dotnet run -c Release --project coordinator/Cli --";

    /// <summary>Runs one command.</summary>
    /// <returns>See <see cref="ExitStatus"/>.</returns>
    public static async Task<int> RunAsync(string[] args, CommandOutput streams)
    {
        var root = new RootCommand("Trains Mixture-of-Experts language models with expert parallelism.")
        {
            TrainCommand.Create(streams),
            ChaosCommand.Create(streams),
            GenerateCommand.Create(streams),
            EvalCommand.Create(streams),
            TokenizerCommand.Create(streams),
            DataCommand.Create(streams),
            InspectCommand.Create(streams),
            CheckpointCommand.Create(streams),
            WorkerCommand.Create(streams),
            TokenCommand.Create(streams),
            ServeCommand.Create(streams),
            SubmitCommand.Create(streams),
            JobsCommand.Create(streams),
            LogsCommand.Create(streams),
            JobRequestCommands.Stop(streams),
            JobRequestCommands.Scale(streams),
            JobRequestCommands.Pause(streams),
            JobRequestCommands.Resume(streams),
            SimulateCommand.Create(streams),
        };
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new ExampleHelp((HelpAction)help.Action!);
        // Arguments are literal: @name is not a response file, and -abc is not three options.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        string[] flags = [.. ParseMistakes.OfFlags(parsed, args)];
        if (parsed.Action is ParseErrorAction || flags.Length > 0)
            return ReportUnparsed(parsed, flags, streams, json: args.Contains("--json"));
        var status = await parsed.InvokeAsync(new InvocationConfiguration
        {
            Output = streams.Output,
            Error = streams.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null, // each command handles signals itself
        });
        var isIncomplete = streams.HasLostOutput && parsed.CommandResult.Command is VerbCommand { IsReport: true };
        return status == ExitStatus.Ok && isIncomplete ? ExitStatus.Failure : status;
    }

    /// <summary>Runs a verb and converts an exception to one message on the error stream and an exit status.</summary>
    /// <param name="streams">Receives the message.</param>
    /// <param name="json">Whether the message is also written as a JSON event.</param>
    /// <param name="work">Runs the verb and returns its exit status.</param>
    /// <returns>See <see cref="ExitStatus"/>.</returns>
    public static async Task<int> GuardAsync(CommandOutput streams, bool json, Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (OperationCanceledException)
        {
            return Report(streams, json, "interrupted", ExitStatus.Interrupted);
        }
        catch (Exception error) when (error is UserErrorException or ConfigException or DataException
            or CheckpointException or SafetensorsException or GenerationException)
        {
            return Report(streams, json, error.Message, ExitStatus.BadInput);
        }
        catch (Exception error) when (error is TrainingException or CoordinatorException or IOException or UnauthorizedAccessException)
        {
            return Report(streams, json, error.Message, ExitStatus.Failure);
        }
        catch (OutOfMemoryException)
        {
            return Report(streams, json, MemoryProblem.Message(), ExitStatus.Failure);
        }
        catch (Exception defect)
        {
            return Report(streams, json, $"Unexpected error, which is a defect of the program:\n{defect}", ExitStatus.Failure);
        }
    }

    /// <summary>Writes the reason why a command ends to the error stream, and to JSON if requested.</summary>
    /// <returns><paramref name="status"/>.</returns>
    public static int Report(CommandOutput streams, bool json, string message, int status)
    {
        if (json) new JsonLines(streams.Output).Write("error", new() { ["message"] = message, ["exit"] = status });
        streams.Error.WriteLine(message);
        return status;
    }

    private static int ReportUnparsed(ParseResult parsed, string[] flags, CommandOutput streams, bool json)
    {
        var messages = ParseMistakes.Of(parsed).Concat(flags).ToList();
        if (parsed.Action is ParseErrorAction { ShowTypoCorrections: true } && parsed.UnmatchedTokens is [var word, ..])
        {
            var verbs = parsed.CommandResult.Command.Subcommands.Select(command => command.Name).ToArray();
            if (ConfigReader.Nearest(word, verbs) is { } near) messages.Add($"Did you mean {near}?");
        }

        var path = parsed.CommandResult.Command is RootCommand ? "" : $" {Path(parsed.CommandResult)}";
        if (json)
            new JsonLines(streams.Output).Write("error",
                new() { ["message"] = string.Join('\n', messages), ["exit"] = ExitStatus.BadInput });
        foreach (var message in messages) streams.Error.WriteLine(message);
        streams.Error.WriteLine($"Help: {Invocation}{path} --help");
        return ExitStatus.BadInput;
    }

    private static string Path(System.CommandLine.Parsing.CommandResult result) =>
        result.Parent is System.CommandLine.Parsing.CommandResult { Command: not RootCommand } parent
            ? $"{Path(parent)} {result.Command.Name}" : result.Command.Name;
}
