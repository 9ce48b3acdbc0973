using Distributed.Coordinator.Jobs.Progress;
using Distributed.Planning;

namespace Distributed.Coordinator.Jobs.Lifecycle;

/// <summary>What was requested of a job and is still to be done, or holds until the job ends.</summary>
/// <param name="wanted">The grid that the job asks for at first.</param>
internal sealed class JobRequests(RankGrid wanted)
{
    /// <summary>The requested grid.</summary>
    public RankGrid Wanted { get; set; } = wanted;

    /// <summary>The last request to stop; null if there was none.</summary>
    public StopRequest? Stop { get; set; }

    /// <summary>Whether a stop with a checkpoint is requested.</summary>
    public bool IsSavingStopRequested => Stop is { Save: true };

    /// <summary>Whether a pause is requested that has not begun. It begins now, or once an epoch runs.</summary>
    public bool IsPauseRequested { get; set; }

    /// <summary>The requests for a checkpoint that are not completed.</summary>
    public SaveRequests Saves { get; } = new();
}

/// <summary>A request to stop the job.</summary>
/// <param name="Save">Whether the job saves a checkpoint before it ends.</param>
/// <param name="Reason">The reason in the outcome.</param>
internal sealed record StopRequest(bool Save, string Reason);
