using System.Text.Json.Nodes;
using Distributed.Cli.Output;

namespace Distributed.Cli.Service;

/// <summary>Shows a job's log: as far as it goes, or until the job is over.</summary>
internal sealed class JobFollowing(CommandOutput shell, bool json, CoordinatorClient client)
{
    private readonly JsonLines _lines = new(shell.Output);

    /// <summary>Until the job is over.</summary>
    /// <returns>0 completed, 1 failed, 3 failed after recoveries that led nowhere, 130 stopped, as of <c>train</c>.</returns>
    public async Task<int> FollowAsync(string job, CancellationToken cancellation)
    {
        await foreach (var item in client.FollowAsync(job, cancellation))
        {
            var body = (JsonObject)JsonNode.Parse(item.Data)!;
            if (item.EventType == "end") return End(body);
            Show(body);
        }

        throw new IOException($"The log of job {job} has no end.");
    }

    /// <summary>As far as it goes now.</summary>
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
        else shell.Output.WriteLine(JobText.Entry(entry));
        shell.Output.Flush();
    }

    private int End(JsonObject job)
    {
        var (state, reason) = ((string)job["state"]!, (string)job["reason"]!);
        if (json) _lines.Write("summary", job);
        else JobText.Write(shell, job, because: state != "failed"); // that is told below
        if (state == "completed") return ExitStatus.Ok;
        if (state == "stopped") return ExitStatus.Interrupted;
        shell.Error.WriteLine($"failed: {reason}");
        return (int?)job["exit"] ?? ExitStatus.Failure;
    }
}
