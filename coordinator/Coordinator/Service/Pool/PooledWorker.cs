using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Service.Pool;

/// <summary>
/// A worker that has joined. The role in its hello is valid only at the time of joining; afterwards the pool tracks the plans that the
/// worker receives and ends. The pool's lock guards all mutable state.
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
        (Claim, IsLeaving) = (Job, hello.Leaving);
        _hello = hello.Clone();
        (_hello.Assigned, _hello.RoleRunning) = (null, false);
        _hello.Held.Clear();
    }

    public IWorkerLink Link { get; }

    public WorkerId Id { get; }

    /// <summary>The allocation to a job; null if the worker has none.</summary>
    public WorkerAllocation? Allocation { get; set; }

    /// <summary>The job whose plan the worker had when it joined; null after an allocation.</summary>
    public JobId? Claim { get; set; }

    /// <summary>Epoch of the plan that the worker received last; null if that plan has ended.</summary>
    public GroupEpoch? Busy => _isRunning ? GroupEpoch.From(_plan!) : null;

    /// <summary>Closes the stream if the worker takes too long to stop a job that has returned it.</summary>
    public ITimer? Drain { get; set; }

    /// <summary>Whether the worker was requested to end. It receives no more work, and is dismissed when it has none.</summary>
    public bool IsLeaving { get; set; }

    public bool IsIdle => Allocation is null && Busy is null && !IsLeaving;

    /// <summary>Whether the worker is leaving and has no work.</summary>
    public bool IsFreeToLeave => Allocation is null && Busy is null && IsLeaving;

    public int Cores => _hello.Cores;

    public WorkerView View => new(
        Id, Allocation is not null ? WorkerState.Working : Busy is not null ? WorkerState.Draining : WorkerState.Idle,
        Allocation?.Job.Value ?? Busy?.Job.Value,
        _hello.Cores, _hello.Host, _hello.ExchangeAddress, _hello.ProgramVersion, _joined);

    private JobId? Job => _plan is null ? null : new JobId(_plan.Job);

    /// <summary>Returns whether the worker holds parts of a job's recovery points in memory.</summary>
    public bool Holds(JobId job) => _held.Count > 0 && Job == job;

    /// <summary>Records that the worker receives a plan. The parts that it reported before are no longer valid.</summary>
    public void Begin(StepIdentity plan) => (_plan, _isRunning, _held) = (plan.Clone(), true, []);

    /// <summary>Records that the worker reports the end of a plan.</summary>
    /// <param name="last">The worker's last event of that plan.</param>
    /// <returns>Whether it is the plan that the worker is running.</returns>
    public bool TryEnd(WorkerEvent last)
    {
        if (Busy is not { } busy || !busy.IsOf(last.Identity)) return false;
        (_isRunning, _held) = (false, [.. last.Finished?.Held ?? last.Failed.Held]);
        return true;
    }

    /// <summary>
    /// The hello that a job receives first. It contains the role and the parts in memory only if they belong to this job, in their current
    /// state.
    /// </summary>
    public Hello HelloFor(JobId job)
    {
        var hello = _hello.Clone();
        hello.Leaving = IsLeaving;
        if (Job != job) return hello;
        (hello.Assigned, hello.RoleRunning) = (_plan!.Clone(), _isRunning);
        hello.Held.AddRange(_held);
        return hello;
    }

    // Shorter names first, so that worker-10 comes after worker-2.
    public static int ByName(PooledWorker a, PooledWorker b) =>
        a.Id.Name.Length != b.Id.Name.Length ? a.Id.Name.Length.CompareTo(b.Id.Name.Length) : string.CompareOrdinal(a.Id.Name, b.Id.Name);
}
