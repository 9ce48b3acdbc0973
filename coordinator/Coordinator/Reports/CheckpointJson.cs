using System.Text.Json.Nodes;
using Distributed.Protocol;

namespace Distributed.Coordinator.Reports;

/// <summary>Saved checkpoints as JSON.</summary>
public static class CheckpointJson
{
    /// <summary>Returns the figures of a saved checkpoint.</summary>
    /// <param name="saved">The report.</param>
    /// <param name="step">Steps committed in the checkpoint.</param>
    public static JsonObject Of(CheckpointSaved saved, long step) => new()
    {
        ["step"] = step,
        ["directory"] = saved.Directory,
        ["bytes"] = saved.Bytes,
        ["seconds"] = JsonFormat.Number(saved.Seconds),
        ["held_up_seconds"] = JsonFormat.Number(saved.HeldUpSeconds),
        ["not_removed"] = JsonFormat.List(saved.NotRemoved),
    };
}
