using Distributed.Coordinator.Jobs.Groups;
using Distributed.Planning;
using Distributed.Protocol;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Jobs.Epochs;

/// <summary>One epoch of a group as it is planned, before its ranks receive their assignments.</summary>
/// <param name="Identity">The epoch.</param>
/// <param name="Plan">The distribution of the job over the ranks.</param>
/// <param name="Ranks">The members with a rank, in order of rank.</param>
/// <param name="Start">The state from which the epoch resumes.</param>
/// <param name="Exchange">The transport of the group; null for threads of one process.</param>
internal sealed record PlannedEpoch(
    GroupEpoch Identity, ExecutionPlan Plan, IReadOnlyList<Member> Ranks, EpochStart Start, Exchange? Exchange);
