using Distributed.Simulation.Schedules.Ledger;
using Distributed.Simulation.Schedules.Workers;

namespace Distributed.Simulation.Schedules.Exchanges;

/// <summary>What ranks meet for.</summary>
internal enum BarrierKind
{
    Join,
    Restore,
    Commit,
    Save,
    Point,
    Leave,
}

/// <summary>Which meeting of an epoch: as the tag of a frame.</summary>
internal readonly record struct BarrierTag(BarrierKind Kind, long Step, int Attempt = 0);

/// <summary>What a rank brings to a meeting.</summary>
/// <param name="Role">Who.</param>
/// <param name="State">Its weights; null where it has none yet.</param>
/// <param name="Stop">It was told to end with a checkpoint, or at once.</param>
/// <param name="Leave">It was told to end with a recovery point.</param>
/// <param name="Ready">Its part of a save is written.</param>
/// <param name="NotFinite">Its loss is not.</param>
/// <param name="Gives">States that it gives out of its memory.</param>
/// <param name="SaveAsked">It was asked for a checkpoint.</param>
internal sealed record Arrival(LedgerRole Role, CommittedStep? State, bool Stop = false, bool Leave = false, bool Ready = true, bool NotFinite = false, IReadOnlyList<CommittedStep>? Gives = null, bool SaveAsked = false);

/// <summary>A collective exchange: nobody comes past it before all have come to it.</summary>
internal sealed class RankBarrier(BarrierTag tag, int world)
{
    public BarrierTag Tag => tag;

    /// <summary>By rank.</summary>
    public Arrival?[] Arrivals { get; } = new Arrival?[world];

    /// <summary>Those who wait, with what they do afterwards.</summary>
    public List<(LedgerRole Role, Action<RankBarrier> Then)> Waiting { get; } = [];

    public bool IsComplete { get; set; }

    /// <summary>The state that all go on with.</summary>
    public CommittedStep? Result { get; set; }

    /// <summary>Of a save that is complete.</summary>
    public string? Folder { get; set; }

    public bool SaveAsked => Arrivals.Any(arrival => arrival!.SaveAsked);

    public bool Stopping => Arrivals.Any(arrival => arrival!.Stop);

    public bool Leaving => !Stopping && Arrivals.Any(arrival => arrival!.Leave);

    public bool AllReady => Arrivals.All(arrival => arrival!.Ready);
}
