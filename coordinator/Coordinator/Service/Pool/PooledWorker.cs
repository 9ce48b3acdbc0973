using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Service.Pool;

/// <summary>
/// A worker that has joined. What its hello says of its role holds for the moment of joining only; from then on the pool follows the plans
/// that the worker receives and the way they end. All that changes is guarded by the pool's lock.
/// </summary>
internal sealed class PooledWorker
{
    private readonly Hello _hello; // without a role
    private readonly DateTimeOffset _joined;
    private StepIdentity? _plan;
    private bool _isRunning;
    private IReadOnlyList<HeldPart> _held;

    public PooledWorker(IWorkerLink link, Hello hello, DateTimeOffset joined)
    {
        (Link, Id, _joined) = (link, WorkerId.From(hello.Worker), joined);
        (_plan, _isRunning, _held) = (hello.Assigned?.Clone(), hello is { RoleRunning: true, Assigned: not null }, [.. hello.Held]);
        (Claim, Leaving) = (Job, hello.Leaving);
        _hello = hello.Clone();
        (_hello.Assigned, _hello.RoleRunning) = (null, false);
        _hello.Held.Clear();
    }

    public IWorkerLink Link { get; }

    public WorkerId Id { get; }

    /// <summary>The allocation to a job; null if the worker has none.</summary>
    public WorkerAllocation? Lease { get; set; }

    /// <summary>The job whose plan the worker had when it joined; null once it was allocated.</summary>
    public JobId? Claim { get; set; }

    /// <summary>The plan that the worker received last and has not ended; null if its last plan has ended.</summary>
    public GroupEpoch? Busy => _isRunning ? GroupEpoch.From(_plan!) : null;

    /// <summary>Closes the stream if the worker takes too long to end what a job left it with.</summary>
    public ITimer? Drain { get; set; }

    /// <summary>Whether it was asked to end: it gets no more work, and is dismissed once it has none.</summary>
    public bool Leaving { get; set; }

    public bool IsIdle => Lease is null && Busy is null && !Leaving;

    /// <summary>Whether nothing needs it any more.</summary>
    public bool IsFreeToLeave => Lease is null && Busy is null && Leaving;

    public int Cores => _hello.Cores;

    public WorkerView View => new(
        Id, Lease is not null ? WorkerState.Working : Busy is not null ? WorkerState.Draining : WorkerState.Idle, Lease?.Job.Value ?? Busy?.Job.Value,
        _hello.Cores, _hello.Host, _hello.ExchangeAddress, _hello.ProgramVersion, _joined);

    private JobId? Job => _plan is null ? null : new JobId(_plan.Job);

    /// <summary>Whether the worker has parts of recovery points of a job in memory.</summary>
    public bool Holds(JobId job) => _held.Count > 0 && Job == job;

    /// <summary>The worker receives a plan; from now on the parts that it holds change.</summary>
    public void Begin(StepIdentity plan) => (_plan, _isRunning, _held) = (plan.Clone(), true, []);

    /// <summary>The worker reports the end of a plan.</summary>
    /// <param name="last">Its last event of that plan.</param>
    /// <returns>Whether it is the plan that the worker is busy with.</returns>
    public bool TryEnd(WorkerEvent last)
    {
        if (Busy is not { } busy || !busy.IsOf(last.Identity)) return false;
        (_isRunning, _held) = (false, [.. last.Finished?.Held ?? last.Failed.Held]);
        return true;
    }

    /// <summary>The hello that a job receives first: with the role, and the parts in memory, only if they are of this job and as they are now.</summary>
    public Hello HelloFor(JobId job)
    {
        var hello = _hello.Clone();
        hello.Leaving = Leaving;
        if (Job != job) return hello;
        (hello.Assigned, hello.RoleRunning) = (_plan!.Clone(), _isRunning);
        hello.Held.AddRange(_held);
        return hello;
    }

    // worker-10 comes after worker-2.
    public static int ByName(PooledWorker a, PooledWorker b) =>
        a.Id.Name.Length != b.Id.Name.Length ? a.Id.Name.Length.CompareTo(b.Id.Name.Length) : string.CompareOrdinal(a.Id.Name, b.Id.Name);
}
