using System.CommandLine;
using System.Text.Json.Nodes;
using Distributed.Cli.Output;
using Distributed.Cli.Service;

namespace Distributed.Cli.Commands.Service;

/// <summary><c>jobs [id]</c>: shows the running, finished and queued jobs of a coordinator.</summary>
internal static class JobsCommand
{
    public static Command Create(CommandOutput streams)
    {
        var id = new Argument<string?>("id")
        {
            Description = "Id of a job to show in full. Default: lists all jobs.", Arity = ArgumentArity.ZeroOrOne
        }.RefusingOptions();
        var command = new VerbCommand("jobs", "Lists the jobs of a coordinator, or shows one job.",
            "jobs --coordinator http://127.0.0.1:5080", isReport: true) { id };
        return ClientVerb.Create(streams, command, async (client, json, parsed, cancellation) =>
        {
            var answer = await client.GetAsync(parsed.GetValue(id) is { } job ? $"jobs/{Uri.EscapeDataString(job)}" : "jobs", cancellation);
            if (json) new JsonLines(streams.Output).Write("summary", answer);
            else if (answer["jobs"] is JsonArray jobs) JobText.Write(streams, jobs);
            else JobText.Write(streams, answer);
            return ExitStatus.Ok;
        });
    }
}
