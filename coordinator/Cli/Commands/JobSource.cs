using System.Text.Json.Nodes;
using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Cli.Output;
using Distributed.Coordinator.Jobs;
using Distributed.Planning;
using Distributed.Training.Jobs;

namespace Distributed.Cli.Commands;

/// <summary>The job that a command line selects, and the checkpoint that it resumes from.</summary>
/// <param name="Job">The job with all overrides.</param>
/// <param name="Start">The checkpoint to resume from; null for a new run.</param>
internal sealed record JobSource(TrainingJob Job, ResumePoint? Start)
{
    /// <summary>Problems of newer, damaged checkpoints that were skipped; one text for each.</summary>
    public IReadOnlyList<string> Skipped { get; private init; } = [];

    private const string JobKey = "job"; // in a checkpoint's free-form state

    /// <summary>Path of the job file that is used if none is given.</summary>
    public static string DefaultJob => Path.Combine(AppContext.BaseDirectory, "jobs", "tiny.yaml");

    /// <summary>
    /// Finds the job. (1) A new run uses the job file, or the default one, with the overrides. (2) A resumed run with a job file uses that
    /// job and the given checkpoint, or the latest one in the job's own folder. (3) A resumed run without a job file uses the job that
    /// saved the checkpoint. A run whose folder holds checkpoints of another run is refused, unless the job allows overwriting.
    /// </summary>
    /// <param name="streams">Receives progress and warnings.</param>
    /// <param name="json">Whether warnings are JSON events; no progress is shown then.</param>
    /// <param name="jobFile">Path of the job file; null for the default job.</param>
    /// <param name="overrides">Overrides of the form <c>key=value</c>.</param>
    /// <param name="resume">Whether to resume from a checkpoint.</param>
    /// <param name="checkpoint">Folder of a run or of one checkpoint to resume from; null for the job's own folder.</param>
    /// <param name="overwrite">Whether the checkpoints of other runs may be removed from the job's folder.</param>
    /// <exception cref="CheckpointException">
    /// The checkpoint does not exist, or the job's folder holds checkpoints of another run.
    /// </exception>
    public static JobSource Find(CommandOutput streams, bool json, string? jobFile, string[] overrides, bool resume,
        string? checkpoint, bool overwrite)
    {
        var source = Find(streams, json, jobFile, OverwriteOption.Apply(overrides, overwrite), resume, checkpoint);
        var section = source.Job.Checkpoint;
        if (source.Start is { } start && CheckpointLocation.IsDirectlyBelow(section.Directory, start.Checkpoint))
        {
            if (overwrite)
            {
                throw new UserErrorException($"--overwrite would remove the checkpoint that --resume resumes from: {start.Checkpoint}. "
                    + "Omit one of the two options, or save to another folder (--set checkpoint.directory=...).");
            }

            return source with { Job = source.Job with { Checkpoint = section with { Overwrite = false } } };
        }

        if (section.Overwrite) return source;
        var all = CheckpointRuns.All(new DirectoryStore(section.Directory));
        CheckpointRuns.RequireNone([.. all.Where(other => source.Start is null || !other.IsOf(source.Start.Run))]);
        return source;
    }

    private static JobSource Find(CommandOutput streams, bool json, string? jobFile, string[] overrides, bool resume, string? checkpoint)
    {
        if (resume && jobFile is null && checkpoint is not null) return OfCheckpoint(streams, json, checkpoint, overrides);
        var (job, warnings) = JobFile.Read(jobFile ?? DefaultJob, overrides);
        Warnings.Write(streams, json, warnings);
        if (!resume) return new JobSource(job, null);

        if (checkpoint is null && !CheckpointLocation.IsRoot(job.Checkpoint.Directory)) throw new UserErrorException(
            $"There is nothing to resume: {Path.GetFullPath(job.Checkpoint.Directory)} holds no checkpoint of job {job.Name}. "
            + "Omit --resume to start a new run, or give the folder of a run or checkpoint.");
        var path = checkpoint ?? job.Checkpoint.Directory;
        if (jobFile is null) return OfCheckpoint(streams, json, path, overrides);
        using var open = Open(streams, json, path, out var passed);
        return new JobSource(JobCheckpoints.KeepPinned(WithPrecisionOf(open, job), JobOf(open)),
            new ResumePoint(open.Folder, open.State.Step, open.State.Run)) { Skipped = passed };
    }

    // A resumed run keeps the precision that `auto` selected at its start, also on another machine.
    private static TrainingJob WithPrecisionOf(Checkpoint checkpoint, TrainingJob job) =>
        job.Training.Precision is not Precision.Auto
            ? job : job with { Training = job.Training with { Precision = JobOf(checkpoint).Training.Precision } };

    /// <summary>Returns the job that saved a checkpoint, with overrides, and the checkpoint as its start.</summary>
    public static JobSource OfCheckpoint(CommandOutput streams, bool json, string path, string[] overrides)
    {
        using var checkpoint = Open(streams, json, path, out var passed);
        // The run's folder may have been moved or copied since: new checkpoints are saved beside the one that is read.
        var saved = JobOf(checkpoint);
        saved = saved with
        {
            Checkpoint = saved.Checkpoint with { Directory = Path.GetDirectoryName(Path.GetFullPath(checkpoint.Folder))! }
        };
        var (job, warnings) = JobFile.ReadOverridden(saved, checkpoint.Folder, overrides);
        Warnings.Write(streams, json, warnings);
        return new JobSource(job, new ResumePoint(checkpoint.Folder, checkpoint.State.Step, checkpoint.State.Run)) { Skipped = passed };
    }

    // Opens exactly the given checkpoint, or the newest valid one of a run's folder.
    private static Checkpoint Open(CommandOutput streams, bool json, string path, out IReadOnlyList<string> passed)
    {
        passed = [];
        if (!CheckpointLocation.IsRoot(path)) return Checkpoint.Open(path);
        using var signals = Interrupts.Linked(streams.Stop.Token);
        if (ReadingProgress.Run(streams, json, "reading the checkpoint",
            progress => LatestValidCheckpoint.Find(new DirectoryStore(path), progress, signals.Token)) is not { } newest)
            return Checkpoint.Open(path);
        passed = newest.Skipped;
        return Checkpoint.Open(newest.Folder);
    }

    /// <summary>Returns the job that saved a checkpoint.</summary>
    /// <exception cref="CheckpointException">The checkpoint does not record its job.</exception>
    public static TrainingJob JobOf(Checkpoint checkpoint) => checkpoint.State.Extra[JobKey] is JsonObject job
        ? TrainingJob.FromJson(job, $"the job saved in {checkpoint.Folder}")
        : throw new CheckpointException($"{checkpoint.Folder}: the checkpoint does not record the job that saved it.");
}
