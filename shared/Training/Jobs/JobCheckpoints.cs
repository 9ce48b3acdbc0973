using Distributed.Checkpoints;
using Distributed.Configuration;
using Distributed.Data.Tokenizers;
using Distributed.Training.SavedState;

namespace Distributed.Training.Jobs;

/// <summary>The checkpoints of other runs that a job uses: where its weights start, its reference, its teacher.</summary>
public static class JobCheckpoints
{
    private const string Initial = "checkpoint.initial", Reference = "objective.reference", Teacher = "objective.teacher";

    /// <summary>
    /// Returns the job with each run's folder replaced by that of its latest step, so that a resumed run uses the same weights although the
    /// other run has continued.
    /// </summary>
    /// <param name="job">The job; its paths are relative to the current directory.</param>
    /// <param name="isResumed">Whether the run has a state to continue from, so that it starts from no other run's weights.</param>
    /// <exception cref="ConfigException">A path names no checkpoint, or one that the job would replace; all are listed.</exception>
    public static TrainingJob Pin(TrainingJob job, bool isResumed)
    {
        var problems = new List<ConfigProblem>();
        var readsInitial = !isResumed || job.IsInitialTheReference;
        var pinned = With(job, (key, path) => key == Initial && !readsInitial ? path : Step(key, path));
        return problems.Count == 0 ? pinned : throw new ConfigException(job.Name, problems);

        string Step(string key, string path)
        {
            try
            {
                var step = CheckpointLocation.Resolve(path).Path;
                if (!CheckpointLocation.IsDirectlyBelow(job.Checkpoint.Directory, step)) return step;
                problems.Add(new ConfigProblem(
                    key, path, "is in the job's own folder, checkpoint.directory; choose another for one of them"));
            }
            catch (CheckpointException error)
            {
                problems.Add(new ConfigProblem(key, path, error.Message));
            }

            return path;
        }
    }

    /// <summary>Returns a job whose paths to runs are those that the run was started with, if they name the same runs.</summary>
    /// <param name="job">The job, as a job file has it.</param>
    /// <param name="saved">The job of the checkpoint that the run resumes from.</param>
    public static TrainingJob KeepPinned(TrainingJob job, TrainingJob saved)
    {
        var pinned = new Dictionary<string, string?>
        {
            [Initial] = saved.Checkpoint.Initial, [Reference] = saved.Objective.Reference, [Teacher] = saved.Objective.Teacher,
        };
        return With(job, (key, path) => pinned[key] is { } step && CheckpointLocation.IsDirectlyBelow(path, step) ? step : path);
    }

    /// <summary>Requires that the checkpoints have this job's tokenizer, and networks that it can use.</summary>
    /// <param name="job">The job with pinned paths and its final vocabulary.</param>
    /// <param name="tokenizer">The tokenizer of the data.</param>
    /// <param name="isResumed">Whether the run has a state to continue from.</param>
    /// <exception cref="TrainingException">A network was trained with another tokenizer.</exception>
    /// <exception cref="CheckpointException">A checkpoint is missing or damaged, or its network cannot be used.</exception>
    public static void RequireUsable(TrainingJob job, BpeTokenizer tokenizer, bool isResumed)
    {
        if (!isResumed) Require(job.Checkpoint.Initial, checkpoint => OtherNetwork.RequireInitial(checkpoint, job, tokenizer));
        if (job.Objective.Kind == ObjectiveKind.Dpo)
            Require(job.ReferenceCheckpoint, checkpoint => OtherNetwork.RequireFrozen(checkpoint, Reference, job, tokenizer));
        if (job.Objective.Kind == ObjectiveKind.Distillation)
            Require(job.Objective.Teacher, checkpoint => OtherNetwork.RequireFrozen(checkpoint, Teacher, job, tokenizer));
    }

    private static void Require(string? path, Action<Checkpoint> check)
    {
        if (path is null) return;
        using var checkpoint = Checkpoint.Open(path);
        check(checkpoint);
    }

    private static TrainingJob With(TrainingJob job, Func<string, string, string> change)
    {
        string? Changed(string key, string? path) => path is null ? null : change(key, path);
        return job with
        {
            Checkpoint = job.Checkpoint with { Initial = Changed(Initial, job.Checkpoint.Initial) },
            Objective = job.Objective with
            {
                Reference = Changed(Reference, job.Objective.Reference), Teacher = Changed(Teacher, job.Objective.Teacher),
            },
        };
    }
}
