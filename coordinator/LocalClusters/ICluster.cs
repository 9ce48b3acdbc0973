using Distributed.Coordinator.Jobs;

namespace Distributed.LocalClusters;

/// <summary>A coordinator and the workers that one command starts, for one run of one job.</summary>
public interface ICluster
{
    /// <summary>Requests the run to end after the current step; from any thread.</summary>
    /// <param name="save">Whether to write a checkpoint.</param>
    /// <param name="reason">The reason, for the outcome.</param>
    void RequestStop(bool save, string reason);

    /// <summary>Runs the job to its end; no worker remains afterwards. Called once.</summary>
    Task<JobOutcome> RunAsync();
}
