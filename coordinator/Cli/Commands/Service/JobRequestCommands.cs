using System.CommandLine;
using System.Text.Json.Nodes;
using Distributed.Cli.Output;
using Distributed.Cli.Service;

namespace Distributed.Cli.Commands.Service;

/// <summary>What is asked of a job that a coordinator has: <c>stop</c>, <c>scale</c>, <c>pause</c>, <c>resume</c>.</summary>
internal static class JobRequestCommands
{
    public static Command Stop(CommandOutput shell)
    {
        var noSave = new Option<bool>("--no-save") { Description = "Ends at once; what was learnt since the last checkpoint is lost." };
        var command = new VerbCommand("stop", "Asks a job to end after the step in hand, with a checkpoint.", "stop tiny-1-3f0a") { noSave };
        return Create(shell, command, parsed => $"stop?save={(parsed.GetValue(noSave) ? "false" : "true")}");
    }

    public static Command Scale(CommandOutput shell)
    {
        var workers = new Argument<int>("workers") { Description = "Workers in all." }.Within(1, 1 << 16);
        var command = new VerbCommand("scale", "Asks a running job to go on with more or fewer workers.", "scale tiny-1-3f0a 8");
        return Create(shell, command, parsed => $"scale?workers={parsed.GetValue(workers)}", workers, (job, parsed) => (int)job["workers"]! is var used && used != parsed.GetValue(workers)
            ? $"; it can use {used} of {parsed.GetValue(workers)} workers, and goes on with these"
            : "");
    }

    public static Command Pause(CommandOutput shell) =>
        Create(shell, new VerbCommand("pause", "Asks a running job to stand still after the step in hand.", "pause tiny-1-3f0a"), _ => "pause");

    public static Command Resume(CommandOutput shell) =>
        Create(shell, new VerbCommand("resume", "Asks a paused job to go on.", "resume tiny-1-3f0a"), _ => "resume");

    private static Command Create(CommandOutput shell, VerbCommand command, Func<ParseResult, string> request, Argument? argument = null, Func<JsonObject, ParseResult, string>? remark = null)
    {
        var id = ClientVerb.Job();
        command.Arguments.Insert(0, id);
        if (argument is not null) command.Arguments.Add(argument);
        return ClientVerb.Create(shell, command, async (client, json, parsed, cancellation) =>
        {
            var job = await client.PostAsync($"jobs/{Uri.EscapeDataString(parsed.GetValue(id)!)}/{request(parsed)}", cancellation);
            if (json) new JsonLines(shell.Output).Write("summary", job);
            else shell.Output.WriteLine(JobText.Line(job) + remark?.Invoke(job, parsed));
            return ExitStatus.Ok;
        });
    }
}
