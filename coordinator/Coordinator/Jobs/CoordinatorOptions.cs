namespace Distributed.Coordinator.Jobs;

/// <summary>Timeouts of the coordinator. Every timeout is greater than zero.</summary>
public sealed record CoordinatorOptions
{
    /// <summary>Time for all workers to join. Default: 1 minute.</summary>
    public TimeSpan GatherTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Longest time without an event from any rank while the job runs. Default: 15 minutes.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// Time for the remaining ranks to finish a step and save, after one rank has ended or all were asked to stop. Default: 5 minutes.
    /// </summary>
    public TimeSpan EndTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Time for the members of a group to reconnect after the coordinator restarts; later ones are lost. Default: 20 seconds.
    /// </summary>
    public TimeSpan ReturnTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Time to wait for a lost worker's replacement when the job was asked to stop; then the remaining workers save. Default: 5 seconds.
    /// </summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Time for ranks to leave their exchange after another rank was lost; a slower rank is also lost. Default: 10 seconds.
    /// </summary>
    public TimeSpan FenceTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
