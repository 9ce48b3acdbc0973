using System.CommandLine;
using Distributed.Cli.Service;

namespace Distributed.Cli.Commands.Service;

/// <summary>A verb that asks a coordinator: where it is, how it is shown, and that Ctrl-C ends the asking and not the job.</summary>
internal static class ClientVerb
{
    /// <summary>The verb, with the options that all of these have.</summary>
    public static Command Create(Shell shell, VerbCommand command, Func<CoordinatorClient, bool, ParseResult, CancellationToken, Task<int>> ask)
    {
        var (coordinator, json) = (CoordinatorOption.Create(), CommonOptions.Json());
        command.Add(coordinator);
        command.Add(json);
        command.SetAction((parsed, cancellation) => CommandLine.GuardAsync(shell, parsed.GetValue(json), async () =>
        {
            using var interrupted = Interrupts.Linked(cancellation);
            using var client = new CoordinatorClient(parsed.GetValue(coordinator)!);
            return await ask(client, parsed.GetValue(json), parsed, interrupted.Token);
        }));
        return command;
    }

    /// <summary>The argument that names a job.</summary>
    public static Argument<string> Job() => new Argument<string>("id") { Description = "The job, as submit and jobs name it." }.RefusingOptions();
}
