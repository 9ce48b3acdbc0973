using System.CommandLine;
using Distributed.Cli.Service;

namespace Distributed.Cli.Commands.Service;

/// <summary><c>logs id</c>: a job's events and steps in their order.</summary>
internal static class LogsCommand
{
    public static Command Create(CommandOutput shell)
    {
        var id = ClientVerb.Job();
        var follow = new Option<bool>("--follow") { Description = "Goes on until the job is over, and ends as it does. Ctrl-C ends the showing, not the job." };
        var command = new VerbCommand("logs", "Shows what happened to a job, step by step.", "logs tiny-1-3f0a --follow") { id, follow };
        return ClientVerb.Create(shell, command, (client, json, parsed, cancellation) =>
        {
            var following = new JobFollowing(shell, json, client);
            return parsed.GetValue(follow) ? following.FollowAsync(parsed.GetValue(id)!, cancellation) : following.ReadAsync(parsed.GetValue(id)!, cancellation);
        });
    }
}
