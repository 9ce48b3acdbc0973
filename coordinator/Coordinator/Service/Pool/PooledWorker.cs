using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Service.Pool;

/// <summary>A worker that has joined. All that changes is guarded by the pool's lock.</summary>
internal sealed class PooledWorker(IWorkerLink link, Hello hello, DateTimeOffset joined)
{
    public IWorkerLink Link => link;

    /// <summary>What it said of itself.</summary>
    public Hello Hello => hello;

    public WorkerId Id { get; } = WorkerId.From(hello.Worker);

    /// <summary>The job that it belongs to; null where it belongs to none.</summary>
    public WorkerLease? Lease { get; set; }

    /// <summary>The plan that it was last given and has not ended.</summary>
    public GroupEpoch? Busy { get; set; } = hello is { RoleRunning: true, Assigned: { } assigned } ? GroupEpoch.From(assigned) : null;

    /// <summary>Closes its stream where it takes too long to end what a job left it with.</summary>
    public ITimer? Drain { get; set; }

    /// <summary>Whether it was asked to end: it gets no more work, and is dismissed once it has none.</summary>
    public bool Leaving { get; set; } = hello.Leaving;

    public bool IsIdle => Lease is null && Busy is null && !Leaving;

    /// <summary>Whether nothing needs it any more.</summary>
    public bool IsFreeToLeave => Lease is null && Busy is null && Leaving;

    public WorkerView View => new(
        Id, Lease is not null ? WorkerState.Working : Busy is not null ? WorkerState.Draining : WorkerState.Idle, Lease?.Job.Value ?? Busy?.Job.Value,
        hello.Cores, hello.Host, hello.ExchangeAddress, hello.ProgramVersion, joined);

    // worker-10 comes after worker-2.
    public static int ByName(PooledWorker a, PooledWorker b) =>
        a.Id.Name.Length != b.Id.Name.Length ? a.Id.Name.Length.CompareTo(b.Id.Name.Length) : string.CompareOrdinal(a.Id.Name, b.Id.Name);
}
