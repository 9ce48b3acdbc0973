using Distributed.Protocol;

namespace Distributed.Worker.Links;

/// <summary>What a worker is doing, for a coordinator that it comes back to.</summary>
/// <param name="Assigned">The plan that it was last given, at the step that it committed last; null where it has none. Not changed afterwards.</param>
/// <param name="RoleRunning">Whether it still works on that plan.</param>
public sealed record WorkerStanding(StepIdentity? Assigned, bool RoleRunning)
{
    /// <summary>Parts of recovery points in its memory; empty while it works on the plan, for they change.</summary>
    public IReadOnlyList<HeldPart> Held { get; init; } = [];

    /// <summary>Of a worker that has no plan yet.</summary>
    public static WorkerStanding Idle { get; } = new(null, false);
}
