using System.Globalization;

namespace Distributed.Coordinator.Jobs;

/// <summary>What happens to a group, in a line.</summary>
public static class NoticeText
{
    /// <summary>The line; null where there is nothing to say.</summary>
    public static string? Of(JobNotice notice) => notice switch
    {
        RecoveryBegan began => $"recovering after step {began.Step}: {began.Reason}",
        RescaleBegan began => $"regrouping after step {began.Step}: {began.Reason}",
        ReplacementAwaited awaited => string.Create(CultureInfo.InvariantCulture, $"waiting up to {awaited.Wait.TotalSeconds:0.#} s for {awaited.Missing} worker{(awaited.Missing == 1 ? "" : "s")}"),
        WorkerSlow slow => string.Create(CultureInfo.InvariantCulture, $"warning: {slow.Worker} (rank {slow.Rank}) is slow: it takes {slow.Times:0.0} times as long as the others for its {slow.Phase}"),
        EpochBegan epoch => $"epoch {epoch.Epoch}: {epoch.Workers} workers go on from {epoch.From} ({epoch.Replayed} steps to replay, {epoch.Lost} lost)",
        _ => null,
    };
}
