using System.CommandLine;
using System.Text.Json.Nodes;
using Distributed.Cli.Output;
using Distributed.Cli.Service;

namespace Distributed.Cli.Commands.Service;

/// <summary>Requests for a job of a coordinator: <c>stop</c>, <c>scale</c>, <c>pause</c>, <c>resume</c>.</summary>
internal static class JobRequestCommands
{
    public static Command Stop(CommandOutput streams)
    {
        var noSave = new Option<bool>("--no-save") { Description = "Stops immediately. Steps since the last checkpoint are lost." };
        var command = new VerbCommand("stop", "Stops a job after the current step and saves a checkpoint.", "stop tiny-1-3f0a") { noSave };
        return Create(streams, command, parsed => $"stop?save={(parsed.GetValue(noSave) ? "false" : "true")}");
    }

    public static Command Scale(CommandOutput streams)
    {
        var workers = new Argument<int>("workers") { Description = "Target number of workers." }.Within(1, 1 << 16);
        var command = new VerbCommand("scale", "Changes the number of workers of a running job.", "scale tiny-1-3f0a 8");
        return Create(streams, command, parsed => $"scale?workers={parsed.GetValue(workers)}", workers,
            (job, parsed) => (int)job["workers"]! is var used && used != parsed.GetValue(workers)
            ? $"; the job can use {used} of {parsed.GetValue(workers)} workers and continues with {used}"
            : "");
    }

    public static Command Pause(CommandOutput streams) =>
        Create(streams, new VerbCommand("pause", "Pauses a running job after the current step.", "pause tiny-1-3f0a"), _ => "pause");

    public static Command Resume(CommandOutput streams) =>
        Create(streams, new VerbCommand("resume", "Resumes a paused job.", "resume tiny-1-3f0a"), _ => "resume");

    private static Command Create(CommandOutput streams, VerbCommand command, Func<ParseResult, string> request, Argument? argument = null,
        Func<JsonObject, ParseResult, string>? remark = null)
    {
        var id = ClientVerb.Job();
        command.Arguments.Insert(0, id);
        if (argument is not null) command.Arguments.Add(argument);
        return ClientVerb.Create(streams, command, async (client, json, parsed, cancellation) =>
        {
            var job = await client.PostAsync($"jobs/{Uri.EscapeDataString(parsed.GetValue(id)!)}/{request(parsed)}", cancellation);
            if (json) new JsonLines(streams.Output).Write("summary", job);
            else streams.Output.WriteLine(JobText.Line(job) + remark?.Invoke(job, parsed));
            return ExitStatus.Ok;
        });
    }
}
