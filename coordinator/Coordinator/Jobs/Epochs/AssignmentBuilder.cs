using Distributed.Coordinator.Jobs.Groups;
using Distributed.Planning;
using Distributed.Planning.Placement;
using Distributed.Protocol;
using Distributed.Protocol.Faults;

namespace Distributed.Coordinator.Jobs.Epochs;

/// <summary>Builds the assignments of an epoch: the message with which each rank begins.</summary>
/// <param name="job">The job.</param>
/// <param name="epoch">The planned epoch.</param>
/// <param name="furthest">Largest number of committed steps in any epoch: no fault of an earlier step is injected again.</param>
internal sealed class AssignmentBuilder(JobSpecification job, PlannedEpoch epoch, long furthest)
{
    /// <summary>Builds the assignment of a rank.</summary>
    /// <param name="member">The member with the rank.</param>
    public WorkerCommand Build(Member member)
    {
        var assign = new AssignPlan
        {
            Rank = member.Rank,
            World = epoch.Plan.World,
            Replicas = epoch.Plan.Grid.Replicas,
            JobJson = job.JobJson,
            Precision = ComputePrecisionOf(epoch.Plan.Precision),
            Start = epoch.Start.Message,
            ProfileSteps = job.ProfileSteps,
            Exchange = epoch.Exchange,
            Run = job.Run,
            Recovery = job.Recovery is { } recovery ? RecoveryPlanOf(recovery) : null,
        };
        assign.Placement.AddRange(epoch.Plan.Experts.Layers.Select(PlacementOf));
        assign.Faults.AddRange(FaultOrders.For(job.Faults, member.Id.Name, furthest));
        assign.Members.AddRange(epoch.Ranks.Select(each => each.Id.ToWire()));
        return new WorkerCommand { Identity = epoch.Identity.At(epoch.Start.Step), Assign = assign };
    }

    // An explicit precision is part of the job.
    private ComputePrecision ComputePrecisionOf(Precision precision) => job.Plan.Precision is not Precision.Auto
        ? ComputePrecision.OfJob : precision is Precision.Bf16 ? ComputePrecision.Bf16 : ComputePrecision.Fp32;

    private RecoveryPlan RecoveryPlanOf(RecoveryPolicy policy) => new()
    {
        Every = policy.Every, Share = policy.Share, BuddyShift = Buddies.Shift([.. epoch.Ranks.Select(member => member.Hello.Host)])
    };

    private RankExperts ExpertsOf(int layer, int rank) => new() { Experts = { epoch.Plan.ExpertsOn(layer, rank) } };

    private LayerPlacement PlacementOf(int layer) => new()
    {
        Layer = layer, Ranks = { Enumerable.Range(0, epoch.Plan.World).Select(rank => ExpertsOf(layer, rank)) }
    };
}
