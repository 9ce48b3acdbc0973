namespace Distributed.Planning;

/// <summary>A valid job as its coordinator reads it, without tensors and networks.</summary>
/// <param name="Plan">Input of planning.</param>
/// <param name="JobJson">The whole job as JSON. The coordinator stores it and sends it to the workers, which alone parse it.</param>
/// <param name="Recovery">How the job recovers from lost workers.</param>
public sealed record JobDescription(PlanRequest Plan, string JobJson, RecoveryPolicy Recovery)
{
    /// <summary>Number of workers that the job requests.</summary>
    public int Workers => Plan.Grid.World;
}
