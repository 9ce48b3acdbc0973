using Distributed.Coordinator.Jobs.Groups;
using Distributed.Planning;

namespace Distributed.Coordinator.Jobs.Epochs;

/// <summary>What follows once all ranks of an epoch have ended and the job is to continue.</summary>
internal abstract record NextEpoch
{
    /// <summary>An epoch of enough workers, or of those that a requested stop or leaving workers need to save.</summary>
    /// <param name="Grid">The grid.</param>
    public sealed record Continue(RankGrid Grid) : NextEpoch;

    /// <summary>The job waits for a replacement of the missing workers.</summary>
    public sealed record AwaitReplacement : NextEpoch;

    /// <summary>Too few workers are left to continue: they form a group that saves their state, and the job then ends.</summary>
    /// <param name="Grid">The grid.</param>
    public sealed record SaveFirst(RankGrid Grid) : NextEpoch;

    /// <summary>A stop is requested, and no worker is left that could save.</summary>
    public sealed record StopUnsaved : NextEpoch;

    /// <summary>Too few workers are left, and nothing can be saved.</summary>
    public sealed record Fail : NextEpoch;

    /// <summary>Chooses what follows.</summary>
    /// <param name="groups">The groups that the present members can form.</param>
    /// <param name="wanted">Requested number of ranks.</param>
    /// <param name="mayWait">Whether the job may wait for a replacement.</param>
    /// <param name="isStopping">Whether a stop with a checkpoint is requested. A save needs no minimum number of workers.</param>
    /// <param name="maySaveFirst">Whether another group may be formed only to save.</param>
    public static NextEpoch Choose(PossibleGroups groups, int wanted, bool mayWait, bool isStopping, bool maySaveFirst)
    {
        var grid = groups.Next(out var isToSave);
        if (grid is not null && grid.World >= wanted) return new Continue(grid);
        if (mayWait && !isToSave) return new AwaitReplacement();
        if (grid is not null && (groups.IsEnough(grid) || isStopping || isToSave)) return new Continue(grid);
        if (isStopping) return new StopUnsaved();
        return maySaveFirst && groups.ToSave is { } few ? new SaveFirst(few) : new Fail();
    }
}
