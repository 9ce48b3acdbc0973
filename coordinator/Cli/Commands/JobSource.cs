using System.Text.Json.Nodes;
using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Cli.Output;
using Distributed.Planning;
using Distributed.Simulation;
using Distributed.Training.Jobs;

namespace Distributed.Cli.Commands;

/// <summary>The job that a command line means, and where it goes on from.</summary>
internal sealed record JobSource(TrainingJob Job, ResumePoint? Start)
{
    /// <summary>What is wrong with newer checkpoints that were passed over.</summary>
    public IReadOnlyList<string> Passed { get; private init; } = [];

    private const string JobKey = "job"; // of a checkpoint's free-form part

    /// <summary>The job that stands for none given.</summary>
    public static string DefaultJob => Path.Combine(AppContext.BaseDirectory, "jobs", "tiny.yaml");

    /// <summary>
    /// (1) To start: the job file, or the default one, with the overrides. (2) To resume: that job, from the checkpoint named or
    /// from the latest in the job's own folder. (3) To resume without a job file: the job that the checkpoint was saved by. A run that would save
    /// where another one has saved is refused, unless the job says to overwrite.
    /// </summary>
    /// <param name="shell">Where progress is shown.</param>
    /// <param name="json">Whether not.</param>
    /// <param name="jobFile">The job file, or null.</param>
    /// <param name="overrides"><c>key=value</c>.</param>
    /// <param name="resume">Whether to go on.</param>
    /// <param name="checkpoint">From where; null for the job's own folder.</param>
    /// <param name="overwrite">Whether other runs' checkpoints may be removed from the folder that is saved into.</param>
    /// <exception cref="CheckpointException">There is no such checkpoint, or the folder that is saved into holds another run's.</exception>
    public static JobSource Find(CommandOutput shell, bool json, string? jobFile, string[] overrides, bool resume, string? checkpoint, bool overwrite)
    {
        var source = Find(shell, json, jobFile, OverwriteOption.Apply(overrides, overwrite), resume, checkpoint);
        var section = source.Job.Checkpoint;
        if (source.Start is { } start && CheckpointLocation.IsBelow(section.Directory, start.Checkpoint))
        {
            if (overwrite)
            {
                throw new UserErrorException($"--overwrite would remove what --resume continues from: {start.Checkpoint}. "
                    + "Leave one of them out, or save elsewhere (--set checkpoint.directory=...).");
            }

            return source with { Job = source.Job with { Checkpoint = section with { Overwrite = false } } };
        }

        if (section.Overwrite) return source;
        var all = CheckpointRuns.All(new DirectoryStore(section.Directory));
        CheckpointRuns.RequireNone([.. all.Where(other => source.Start is null || !other.IsOf(source.Start.Run))]);
        return source;
    }

    private static JobSource Find(CommandOutput shell, bool json, string? jobFile, string[] overrides, bool resume, string? checkpoint)
    {
        if (resume && jobFile is null && checkpoint is not null) return OfCheckpoint(shell, json, checkpoint, overrides);
        var (job, warnings) = JobFile.Read(jobFile ?? DefaultJob, overrides);
        Warnings.Write(shell, json, warnings);
        if (!resume) return new JobSource(job, null);

        if (checkpoint is null && !CheckpointLocation.IsRoot(job.Checkpoint.Directory)) throw new UserErrorException(
            $"There is nothing to resume: {Path.GetFullPath(job.Checkpoint.Directory)} holds no checkpoint of job {job.Name}. Leave --resume out to start, or name a folder.");
        var place = checkpoint ?? job.Checkpoint.Directory;
        if (jobFile is null) return OfCheckpoint(shell, json, place, overrides);
        using var open = Open(shell, json, place, out var passed);
        return new JobSource(WithPrecisionOf(open, job), new ResumePoint(open.Folder, open.State.Step, open.State.Run)) { Passed = passed };
    }

    // What `auto` has meant for a run it means to its end, on whatever machine the run continues.
    private static TrainingJob WithPrecisionOf(Checkpoint checkpoint, TrainingJob job) =>
        job.Training.Precision is not Precision.Auto ? job : job with { Training = job.Training with { Precision = JobOf(checkpoint).Training.Precision } };

    /// <summary>The job that a checkpoint was saved by, to go on from it.</summary>
    public static JobSource OfCheckpoint(CommandOutput shell, bool json, string path, string[] overrides)
    {
        using var checkpoint = Open(shell, json, path, out var passed);
        // A run's folder may have been moved or copied since: what follows is saved beside what is read.
        var saved = JobOf(checkpoint);
        saved = saved with { Checkpoint = saved.Checkpoint with { Directory = Path.GetDirectoryName(Path.GetFullPath(checkpoint.Folder))! } };
        var (job, warnings) = JobFile.ReadOverridden(saved, checkpoint.Folder, overrides);
        Warnings.Write(shell, json, warnings);
        return new JobSource(job, new ResumePoint(checkpoint.Folder, checkpoint.State.Step, checkpoint.State.Run)) { Passed = passed };
    }

    // One that is named is that one or none; of a run's folder, the newest that is whole.
    private static Checkpoint Open(CommandOutput shell, bool json, string path, out IReadOnlyList<string> passed)
    {
        passed = [];
        if (!CheckpointLocation.IsRoot(path)) return Checkpoint.Open(path);
        using var signals = Interrupts.Linked(shell.Stop.Token);
        if (ReadingProgress.Run(shell, json, "reading the checkpoint", progress => LatestValidCheckpoint.Find(new DirectoryStore(path), progress, signals.Token)) is not { } newest) return Checkpoint.Open(path);
        passed = newest.Passed;
        return Checkpoint.Open(newest.Folder);
    }

    /// <summary>The job that a checkpoint was saved by.</summary>
    public static TrainingJob JobOf(Checkpoint checkpoint) => checkpoint.State.Extra[JobKey] is JsonObject job
        ? TrainingJob.FromJson(job, $"the job kept in {checkpoint.Folder}")
        : throw new CheckpointException($"{checkpoint.Folder}: does not say which job it was saved by.");
}
