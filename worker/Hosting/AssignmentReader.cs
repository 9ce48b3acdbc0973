using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Distributed.Protocol;
using Distributed.Protocol.Faults;
using Distributed.Protocol.Identities;
using Distributed.Training.Jobs;
using Distributed.Worker.Roles;

namespace Distributed.Worker.Hosting;

/// <summary>An assignment from the wire.</summary>
internal static class AssignmentReader
{
    /// <exception cref="Models.Configuration.ConfigException">The job in it is not valid here.</exception>
    public static RoleAssignment Read(StepIdentity identity, AssignPlan plan) => new()
    {
        Epoch = GroupEpoch.From(identity),
        Rank = plan.Rank,
        World = plan.World,
        Job = TrainingJob.FromJson((JsonObject)JsonNode.Parse(plan.JobJson)!, $"the job assigned to rank {plan.Rank}"),
        Placement = plan.Placement.ToImmutableDictionary(
            layer => layer.Layer, layer => layer.Ranks.Select(rank => rank.Experts.ToImmutableArray()).ToImmutableArray()),
        Checkpoint = plan.Start?.FromCase == Start.FromOneofCase.Resume ? plan.Start.Resume.Checkpoint : null,
        Exchange = plan.Exchange,
        FirstStep = identity.Step,
        ProfileSteps = plan.ProfileSteps,
        Faults = [.. plan.Faults.Select(order => FaultOrders.Read(order, plan.Members[plan.Rank].Name)).OfType<Fault>()],
    };
}
