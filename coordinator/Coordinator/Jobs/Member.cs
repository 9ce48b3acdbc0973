using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Jobs;

/// <summary>A worker that has said hello.</summary>
internal sealed class Member(IWorkerLink link, WorkerId id, Hello hello)
{
    private IWorkerLink _link = link;
    private Hello _hello = hello;

    /// <summary>Of a worker without a part in the epoch.</summary>
    public const int NoRank = -1;

    public IWorkerLink Link => _link;

    public WorkerId Id => id;

    /// <summary>What it said of itself.</summary>
    public Hello Hello => _hello;

    /// <summary>Set by the plan.</summary>
    public int Rank { get; private set; } = NoRank;

    /// <summary>Its rank in the epoch before, if it had a part in that.</summary>
    public int FormerRank { get; private set; } = NoRank;

    /// <summary>Whether it has a part in the epoch.</summary>
    public bool IsRanked => Rank != NoRank;

    /// <summary>Whether its role has ended, in whatever way.</summary>
    public bool Ended { get; set; }

    /// <summary>Whether its role ended early because it was told to.</summary>
    public bool Stopped { get; set; }

    /// <summary>Whether it was asked to end: it is dismissed once its state is elsewhere.</summary>
    public bool Leaving { get; set; }

    /// <summary>Parts of recovery points in its memory, as it said last.</summary>
    public IReadOnlyList<HeldPart> Held { get; set; } = [];

    /// <summary>It was here before the coordinator was started again, and is back.</summary>
    public void Return(IWorkerLink stream, Hello words) => (_link, _hello, Leaving) = (stream, words, words.Leaving);

    /// <summary>A new epoch begins for it.</summary>
    public void Begin(int rank) => (FormerRank, Rank, Ended, Stopped) = (Rank, rank, false, false);
}
