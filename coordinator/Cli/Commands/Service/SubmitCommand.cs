using System.CommandLine;
using System.Text.Json.Nodes;
using Distributed.Cli.Output;
using Distributed.Cli.Service;

namespace Distributed.Cli.Commands.Service;

/// <summary><c>submit</c>: submits a job file to a coordinator.</summary>
internal static class SubmitCommand
{
    public static Command Create(CommandOutput streams)
    {
        var file = new Argument<string>("job")
        {
            Description = "Job file. Relative paths in it are resolved in the coordinator's working directory."
        }.RefusingOptions();
        var (set, overwrite) = (CommonOptions.Set(), OverwriteOption.Create());
        var follow = new Option<bool>("--follow")
        {
            Description = "Shows the job's log until the job ends; the exit status is the job's. Ctrl-C ends this command, not the job."
        };
        var command = new VerbCommand("submit", "Submits a job to a coordinator, which runs it when enough workers are free.",
            "submit deploy/jobs/tiny.yaml --set training.steps=600 --follow") { file, set, overwrite, follow };
        return ClientVerb.Create(streams, command, async (client, json, parsed, cancellation) =>
        {
            var overrides = OverwriteOption.Apply(parsed.GetValue(set)!, parsed.GetValue(overwrite));
            var job = await client.SubmitAsync(UserFile.Text(parsed.GetValue(file)!, parsed.GetValue(file)!), overrides, cancellation);
            var id = (string)job["id"]!;
            foreach (var warning in job["warnings"] as JsonArray ?? [])
                Warnings.Write(streams, json, [.. (warning!["keys"] as JsonArray ?? []).Select(key => $"{key}")], $"{warning["message"]}");
            if (!json) streams.Output.WriteLine(JobText.Line(job));
            else new JsonLines(streams.Output).Write(parsed.GetValue(follow) ? "job" : "summary", job);
            streams.Output.Flush();
            return parsed.GetValue(follow) ? await new JobLogFollower(streams, json, client).FollowAsync(id, cancellation) : ExitStatus.Ok;
        });
    }
}
