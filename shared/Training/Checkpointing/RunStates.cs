using Distributed.Checkpoints;
using Distributed.Training.Jobs;
using Distributed.Transports;

namespace Distributed.Training.Checkpointing;

/// <summary>Describes the state of a run in the manifests of its checkpoints.</summary>
/// <param name="assignment">The job.</param>
/// <param name="content">Identity of the prepared text.</param>
/// <param name="groups">The groups, which determine the layout.</param>
internal sealed class RunStates(TrainerAssignment assignment, string content, RankGroups groups)
{
    private readonly TrainingJob _job = assignment.Job;

    /// <summary>Returns the state after a step.</summary>
    /// <param name="step">Steps committed.</param>
    /// <param name="cursor">Global position of the next sample.</param>
    public CheckpointState After(long step, long cursor) => new()
    {
        Job = _job.Name,
        Run = assignment.RunIdentity,
        Model = _job.Model.ToJson(),
        Step = step,
        SampleCursor = cursor,
        TokensSeen = cursor * _job.Data.SequenceLength,
        Seed = _job.Seed,
        World = new WorldLayout(groups.World.Size, groups.Experts.Size, groups.Replicas.Size),
        Content = new Dictionary<string, string> { ["data"] = content },
        Extra = new() { ["job"] = WithoutOverwrite(assignment.RequestedJob ?? _job).ToJson() },
    };

    // checkpoint.overwrite applies to one start only, not to runs that resume from it.
    private static TrainingJob WithoutOverwrite(TrainingJob job) => job with { Checkpoint = job.Checkpoint with { Overwrite = false } };
}
