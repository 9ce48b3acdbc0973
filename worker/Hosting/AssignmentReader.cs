using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Distributed.Planning;
using Distributed.Protocol;
using Distributed.Protocol.Faults;
using Distributed.Protocol.Identities;
using Distributed.Training;
using Distributed.Training.Jobs;
using Distributed.Training.Recovery;
using Distributed.Worker.Roles;

namespace Distributed.Worker.Hosting;

/// <summary>Reads assignments from messages.</summary>
internal static class AssignmentReader
{
    /// <exception cref="Distributed.Configuration.ConfigException">The job in the plan is not valid on this worker.</exception>
    public static RoleAssignment Read(StepIdentity identity, AssignPlan plan, RecoveryPoints recoveryPoints, NcclIdRelay? ncclIds = null)
    {
        var requested = InPrecision(Job(plan.JobJson, $"the job assigned to rank {plan.Rank}"), plan.Precision);
        var replicas = plan.Replicas == 0 ? requested.Parallel.Replicas : plan.Replicas;
        var isAsRequested = plan.World == requested.Parallel.Workers && replicas == requested.Parallel.Replicas;
        return new RoleAssignment
        {
            Epoch = GroupEpoch.From(identity),
            Rank = plan.Rank,
            Trainer = new TrainerAssignment
            {
                Job = isAsRequested
                    ? requested
                    : requested with { Parallel = requested.Parallel with { Workers = plan.World, Replicas = replicas } },
                RequestedJob = isAsRequested ? null : requested,
                Placement = plan.Placement.ToImmutableDictionary(
                    layer => layer.Layer, layer => layer.Ranks.Select(rank => rank.Experts.ToImmutableArray()).ToImmutableArray()),
                Checkpoint = plan.Start?.FromCase == Start.FromOneofCase.Resume ? plan.Start.Resume.Checkpoint : null,
                Recovery = plan.Start?.FromCase == Start.FromOneofCase.Recover ? Source(plan.Start.Recover) : null,
                RecoveryOptions = Options(plan.Recovery),
                RecoveryPoints = recoveryPoints,
                Run = identity.Job,
                RunIdentity = !plan.HasRun ? identity.Job : plan.Run.Length > 0 ? plan.Run : null,
            },
            Exchange = plan.Exchange,
            NcclIds = ncclIds,
            FirstStep = identity.Step,
            ProfileSteps = plan.ProfileSteps,
            Faults = [.. plan.Faults.Select(order => FaultOrders.Read(order, plan.Members[plan.Rank].Name)).OfType<Fault>()],
        };
    }

    /// <exception cref="Distributed.Configuration.ConfigException">The job is not valid on this worker.</exception>
    public static TrainingJob Job(string json, string origin) => TrainingJob.FromJson((JsonObject)JsonNode.Parse(json)!, origin);

    private static TrainingJob InPrecision(TrainingJob job, ComputePrecision precision) => precision switch
    {
        ComputePrecision.Bf16 => job with { Training = job.Training with { Precision = Precision.Bf16 } },
        ComputePrecision.Fp32 => job with { Training = job.Training with { Precision = Precision.Fp32 } },
        _ => job,
    };

    private static RecoveryOptions? Options(RecoveryPlan? plan) => plan is null
        ? null
        : new RecoveryOptions { Every = plan.Every > 0 ? plan.Every : null, Share = plan.Share, BuddyShift = plan.BuddyShift };

    private static RecoverySource Source(Recover recover) =>
        new(new RecoveryPointId(recover.Epoch, recover.Step, recover.World), [.. recover.Holders]);
}
