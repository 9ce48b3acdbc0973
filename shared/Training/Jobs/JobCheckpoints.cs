using Distributed.Checkpoints;
using Distributed.Configuration;

namespace Distributed.Training.Jobs;

/// <summary>The checkpoints of other runs that a job uses: where its weights start, its reference, its teacher.</summary>
public static class JobCheckpoints
{
    /// <summary>
    /// Returns the job with each run's folder replaced by that of its latest step, so that a resumed run uses the same weights although the
    /// other run has continued.
    /// </summary>
    /// <param name="job">The job; its paths are relative to the current directory.</param>
    /// <exception cref="ConfigException">A path names no checkpoint, or one that the job would replace; all are listed.</exception>
    public static TrainingJob Pin(TrainingJob job)
    {
        var problems = new List<ConfigProblem>();
        var pinned = job with
        {
            Checkpoint = job.Checkpoint with { Initial = Step("checkpoint.initial", job.Checkpoint.Initial) },
            Objective = job.Objective with
            {
                Reference = Step("objective.reference", job.Objective.Reference),
                Teacher = Step("objective.teacher", job.Objective.Teacher),
            },
        };
        return problems.Count == 0 ? pinned : throw new ConfigException(job.Name, problems);

        string? Step(string key, string? path)
        {
            if (path is null) return null;
            try
            {
                var step = CheckpointLocation.Resolve(path).Path;
                if (CheckpointLocation.IsDirectlyBelow(job.Checkpoint.Directory, step))
                    {
                    problems.Add(new ConfigProblem(
                        key, path, "is in the job's own folder, checkpoint.directory; choose another for one of them"));
                }

                return step;
            }
            catch (CheckpointException error)
            {
                problems.Add(new ConfigProblem(key, path, error.Message));
                return path;
            }
        }
    }
}
