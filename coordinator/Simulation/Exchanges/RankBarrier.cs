using Distributed.Simulation.Ledger;
using Distributed.Simulation.Workers;

namespace Distributed.Simulation.Exchanges;

/// <summary>What a barrier is for.</summary>
internal enum BarrierKind
{
    Join,
    Restore,
    Commit,
    Save,
    Point,
    Leave,
}

/// <summary>Identifies a barrier of an epoch, like the tag of a frame.</summary>
internal readonly record struct BarrierTag(BarrierKind Kind, long Step, int Attempt = 0);

/// <summary>The arrival of a rank at a barrier.</summary>
/// <param name="Role">The rank's role.</param>
/// <param name="State">The rank's weights; null if it has none yet.</param>
/// <param name="Stop">Whether the rank was ordered to end with a checkpoint, or at once.</param>
/// <param name="Leave">Whether the rank was ordered to end with a recovery point.</param>
/// <param name="Ready">Whether the rank has written its shard of the checkpoint.</param>
/// <param name="NotFinite">Whether the rank's loss is not finite.</param>
/// <param name="Gives">
/// States that the rank restores from its memory or a checkpoint; null except at <see cref="BarrierKind.Restore"/>.
/// </param>
/// <param name="SaveAsked">Whether a checkpoint was requested from the rank.</param>
internal sealed record Arrival(
    LedgerRole Role, CommittedStep? State, bool Stop = false, bool Leave = false, bool Ready = true, bool NotFinite = false,
    IReadOnlyList<CommittedStep>? Gives = null, bool SaveAsked = false);

/// <summary>A collective exchange: no rank passes it before all ranks have reached it.</summary>
internal sealed class RankBarrier(BarrierTag tag, int world)
{
    public BarrierTag Tag => tag;

    /// <summary>The arrivals, by rank; null for a rank that has not arrived.</summary>
    public Arrival?[] Arrivals { get; } = new Arrival?[world];

    /// <summary>The waiting roles, each with its continuation.</summary>
    public List<(LedgerRole Role, Action<RankBarrier> Then)> Waiting { get; } = [];

    public bool IsComplete { get; set; }

    /// <summary>The state with which all ranks continue.</summary>
    public CommittedStep? Result { get; set; }

    /// <summary>Folder of the checkpoint if a save is complete; null otherwise.</summary>
    public string? Folder { get; set; }

    public bool IsSaveRequested => Arrivals.Any(arrival => arrival!.SaveAsked);

    public bool IsStopping => Arrivals.Any(arrival => arrival!.Stop);

    public bool IsLeaving => !IsStopping && Arrivals.Any(arrival => arrival!.Leave);

    public bool AllReady => Arrivals.All(arrival => arrival!.Ready);
}
