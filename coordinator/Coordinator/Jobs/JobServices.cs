using Distributed.Planning.Placement;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Jobs;

/// <summary>What a job's coordinator uses from outside.</summary>
/// <param name="Placement">Assigns experts to ranks.</param>
/// <param name="Observer">Receives the notices of the job.</param>
/// <param name="Options">Timeouts.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logger">The logger.</param>
/// <param name="Records">Stores the state that a restarted coordinator needs; null stores nothing.</param>
/// <param name="Checkpoints">Looks up checkpoints on disk; null assumes that every known checkpoint still exists.</param>
internal sealed record JobServices(
    IPlacement Placement, IJobObserver Observer, CoordinatorOptions Options, TimeProvider Time, ILogger Logger, IJobRecords? Records,
    ICheckpointFolders? Checkpoints);
