using Distributed.Protocol;

namespace Distributed.Worker.Links;

/// <summary>The state of a worker, for a coordinator that it joins again.</summary>
/// <param name="Assigned">The worker's last plan, with its last committed step; null if it has none. Must not be modified.</param>
/// <param name="IsRoleRunning">Whether the role of that plan is running.</param>
public sealed record RejoinState(StepIdentity? Assigned, bool IsRoleRunning)
{
    /// <summary>The parts of recovery points in the worker's memory; empty while the role is running, because they change.</summary>
    public IReadOnlyList<HeldPart> Held { get; init; } = [];

    /// <summary>The state of a worker that has no plan yet.</summary>
    public static RejoinState Idle { get; } = new(null, false);
}
