using System.Text.Json.Nodes;
using Distributed.Cli.Output;

namespace Distributed.Cli.Service;

/// <summary>Shows a job's log, up to now or until the job ends.</summary>
internal sealed class JobLogFollower(CommandOutput streams, bool json, CoordinatorClient client)
{
    private readonly JsonLines _lines = new(streams.Output);

    /// <summary>Shows the log until the job ends.</summary>
    /// <returns>
    /// The exit status of the job, as for <c>train</c>: 0 completed, 1 failed, 3 failed after recoveries without progress, 130 stopped.
    /// </returns>
    public async Task<int> FollowAsync(string job, CancellationToken cancellation)
    {
        await foreach (var item in client.FollowAsync(job, cancellation))
        {
            var body = (JsonObject)JsonNode.Parse(item.Data)!;
            if (item.EventType == "end") return End(body);
            Show(body);
        }

        throw new IOException($"The log of job {job} ended without its final event.");
    }

    /// <summary>Shows the log up to now.</summary>
    public async Task<int> ReadAsync(string job, CancellationToken cancellation)
    {
        var cursor = "";
        while (true)
        {
            var page = await client.GetAsync($"jobs/{Uri.EscapeDataString(job)}/logs?after={cursor}", cancellation);
            var entries = (JsonArray)page["entries"]!;
            foreach (var entry in entries.OfType<JsonObject>()) Show(entry);
            if (entries.Count == 0) break;
            cursor = (string)page["cursor"]!;
        }

        if (json) _lines.Write("summary", await client.GetAsync($"jobs/{Uri.EscapeDataString(job)}", cancellation));
        return ExitStatus.Ok;
    }

    private void Show(JsonObject entry)
    {
        if (json) _lines.Write(entry["text"] is null ? "step" : "log", entry);
        else streams.Output.WriteLine(JobText.Entry(entry));
        streams.Output.Flush();
    }

    private int End(JsonObject job)
    {
        var (state, reason) = ((string)job["state"]!, (string)job["reason"]!);
        if (json) _lines.Write("summary", job);
        else JobText.Write(streams, job, because: state != "failed"); // a failure is written to the error stream below
        if (state == "completed") return ExitStatus.Ok;
        if (state == "stopped") return ExitStatus.Interrupted;
        streams.Error.WriteLine($"failed: {reason}");
        return (int?)job["exit"] ?? ExitStatus.Failure;
    }
}
