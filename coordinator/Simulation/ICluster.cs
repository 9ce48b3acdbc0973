using Distributed.Coordinator.Jobs;

namespace Distributed.Simulation;

/// <summary>A coordinator and the workers that one command has started, for one run of one job.</summary>
public interface ICluster
{
    /// <summary>Asks the run to end after the step in hand; from any thread.</summary>
    /// <param name="save">Whether a checkpoint is wanted.</param>
    /// <param name="reason">Why, for the outcome.</param>
    void RequestStop(bool save, string reason);

    /// <summary>Runs the job to its end; no worker is left then. Called once.</summary>
    Task<JobOutcome> RunAsync();
}
