using System.Text.Json.Nodes;
using Distributed.Coordinator.Jobs;
using Distributed.Protocol;

namespace Distributed.Coordinator.Reports;

/// <summary>Failures of ranks as JSON.</summary>
internal static class FailureJson
{
    /// <summary>Returns the report of a rank that failed.</summary>
    public static JsonObject Of(Failed failed) => new()
    {
        ["rank"] = failed.Rank,
        ["operation"] = failed.Operation,
        ["cause"] = FailureText.Word(failed.Cause),
        ["message"] = failed.Message,
        ["culprit"] = failed.Consequence ? failed.Culprit : failed.Rank,
        ["detail"] = failed.Detail,
    };
}
