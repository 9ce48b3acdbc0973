using System.CommandLine;
using Distributed.Cli.Service;

namespace Distributed.Cli.Commands.Service;

/// <summary><c>logs id</c>: shows a job's events and steps in order.</summary>
internal static class LogsCommand
{
    public static Command Create(CommandOutput streams)
    {
        var id = ClientVerb.Job();
        var follow = new Option<bool>("--follow")
        {
            Description = "Follows the log until the job ends; the exit status is the job's. Ctrl-C ends this command, not the job."
        };
        var command = new VerbCommand("logs", "Shows the events and steps of a job.", "logs tiny-1-3f0a --follow") { id, follow };
        return ClientVerb.Create(streams, command, (client, json, parsed, cancellation) =>
        {
            var following = new JobLogFollower(streams, json, client);
            return parsed.GetValue(follow)
                ? following.FollowAsync(parsed.GetValue(id)!, cancellation) : following.ReadAsync(parsed.GetValue(id)!, cancellation);
        });
    }
}
