namespace Distributed.Coordinator.Jobs;

/// <summary>How long the coordinator waits for what. Every bound is more than zero.</summary>
public sealed record CoordinatorOptions
{
    /// <summary>For all workers to come. Default: 1 minute.</summary>
    public TimeSpan GatherTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>For any event of any rank while the job runs. Default: 15 minutes.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>For the remaining ranks once one has ended or all were told to: they finish a step and save. Default: 5 minutes.</summary>
    public TimeSpan EndTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>For the members of a group to come back once the coordinator was started again; then they are lost. Default: 20 seconds.</summary>
    public TimeSpan ReturnTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>For a lost worker's replacement, if the job was asked to stop meanwhile; then those that are left save. Default: 5 seconds.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For ranks to leave their exchange once another was lost; who takes longer is lost too. Default: 10 seconds.</summary>
    public TimeSpan FenceTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
