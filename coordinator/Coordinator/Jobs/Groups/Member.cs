using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Jobs.Groups;

/// <summary>A worker that has sent its <c>Hello</c>.</summary>
internal sealed class Member(IWorkerLink link, WorkerId id, Hello hello)
{
    private IWorkerLink _link = link;
    private Hello _hello = hello;

    /// <summary>The rank of a worker that has no rank in the epoch.</summary>
    public const int NoRank = -1;

    public IWorkerLink Link => _link;

    public WorkerId Id => id;

    /// <summary>The last <c>Hello</c> of the worker.</summary>
    public Hello Hello => _hello;

    /// <summary>Rank in the epoch; <see cref="NoRank"/> for a spare.</summary>
    public int Rank { get; private set; } = NoRank;

    /// <summary>Rank in the previous epoch; <see cref="NoRank"/> if the worker had none.</summary>
    public int FormerRank { get; private set; } = NoRank;

    /// <summary>Whether the worker has a rank in the epoch.</summary>
    public bool IsRanked => Rank != NoRank;

    /// <summary>Whether the worker has not reconnected since the coordinator restarted.</summary>
    public bool IsAbsent => _link is AbsentLink;

    /// <summary>Whether the role has ended, for any reason.</summary>
    public bool IsEnded { get; set; }

    /// <summary>Whether the role ended before the last step: it was stopped, failed or was lost.</summary>
    public bool IsStopped { get; set; }

    /// <summary>Whether the worker was asked to leave. It is dismissed once its state is held elsewhere.</summary>
    public bool IsLeaving { get; set; }

    /// <summary>Parts of recovery points in the memory of the worker, from its last report.</summary>
    public IReadOnlyList<HeldPart> Held { get; set; } = [];

    /// <summary>Replaces the link after the worker has reconnected to a restarted coordinator.</summary>
    public void Return(IWorkerLink link, Hello hello) => (_link, _hello, IsLeaving) = (link, hello, hello.Leaving);

    /// <summary>Begins a new epoch with a rank, or with <see cref="NoRank"/>.</summary>
    public void Begin(int rank) => (FormerRank, Rank, IsEnded, IsStopped) = (Rank, rank, false, false);
}
