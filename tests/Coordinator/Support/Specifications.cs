using Distributed.Coordinator.Jobs;
using Distributed.Planning;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Tests.Support;

/// <summary>Specifications of the job <c>ledger-1</c>, whose workers do not parse it.</summary>
internal static class Specifications
{
    /// <summary>Creates a specification.</summary>
    /// <param name="plan">Input of planning.</param>
    /// <param name="recovery">How the job recovers; null ends it instead.</param>
    /// <param name="start">The checkpoint to resume from; null for none.</param>
    public static JobSpecification Of(PlanRequest plan, RecoveryPolicy? recovery = null, ResumePoint? start = null) =>
        new(new JobId("ledger-1"), new JobDescription(plan, "{}", recovery ?? new RecoveryPolicy()), start) { Recovery = recovery };
}
