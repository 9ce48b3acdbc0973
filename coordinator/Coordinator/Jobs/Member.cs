using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Jobs;

/// <summary>A worker that has said hello.</summary>
internal sealed class Member(IWorkerLink link, WorkerId id, Hello hello)
{
    public IWorkerLink Link => link;

    public WorkerId Id => id;

    /// <summary>What it said of itself.</summary>
    public Hello Hello => hello;

    /// <summary>Set by the plan.</summary>
    public int Rank { get; set; } = -1;

    /// <summary>Whether its role has ended, in whatever way.</summary>
    public bool Ended { get; set; }

    /// <summary>Whether its role ended early because it was told to.</summary>
    public bool Stopped { get; set; }
}
