using Distributed.Planning;

namespace Distributed.Training.Jobs;

/// <summary>Maps a job to what its coordinator plans with. Does not load libtorch.</summary>
public static class JobPlanning
{
    /// <summary>Returns the job as its coordinator reads it.</summary>
    /// <param name="job">The job. Its vocabulary size and precision need not be final.</param>
    public static JobDescription Describe(this TrainingJob job) =>
        new(job.ToPlanRequest(), job.ToJson().ToJsonString(), job.Recovery.ToPolicy());

    /// <summary>Returns the properties of the job that planning needs.</summary>
    /// <param name="job">The job.</param>
    public static PlanRequest ToPlanRequest(this TrainingJob job) => new(
        job.Name, job.Parallel.Grid, job.Model.NRoutedExperts, [.. job.Model.MoeLayers], job.Training.GlobalBatch,
        job.Training.Accumulation, job.Training.Steps)
    {
        Precision = job.Training.Precision,
    };

    /// <summary>Returns the recovery settings that the coordinator applies.</summary>
    /// <param name="recovery">The section of the job.</param>
    public static RecoveryPolicy ToPolicy(this RecoverySection recovery) => new()
    {
        Every = recovery.Every, Share = recovery.Share, Spares = recovery.Spares, MinWorkers = recovery.MinWorkers,
        ReplacementTimeout = TimeSpan.FromSeconds(recovery.WaitSeconds),
    };
}
