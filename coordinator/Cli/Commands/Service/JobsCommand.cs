using System.CommandLine;
using System.Text.Json.Nodes;
using Distributed.Cli.Output;
using Distributed.Cli.Service;

namespace Distributed.Cli.Commands.Service;

/// <summary><c>jobs [id]</c>: what a coordinator runs, ran and will run.</summary>
internal static class JobsCommand
{
    public static Command Create(CommandOutput shell)
    {
        var id = new Argument<string?>("id") { Description = "One job in full; without it, all of them.", Arity = ArgumentArity.ZeroOrOne }.RefusingOptions();
        var command = new VerbCommand("jobs", "Lists a coordinator's jobs, or shows one.", "jobs --coordinator http://127.0.0.1:5080", isReport: true) { id };
        return ClientVerb.Create(shell, command, async (client, json, parsed, cancellation) =>
        {
            var said = await client.GetAsync(parsed.GetValue(id) is { } job ? $"jobs/{Uri.EscapeDataString(job)}" : "jobs", cancellation);
            if (json) new JsonLines(shell.Output).Write("summary", said);
            else if (said["jobs"] is JsonArray jobs) JobText.Write(shell, jobs);
            else JobText.Write(shell, said);
            return ExitStatus.Ok;
        });
    }
}
