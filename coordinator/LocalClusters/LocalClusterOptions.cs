using Distributed.Coordinator.Jobs;
using Distributed.Protocol.Faults;
using Distributed.Worker.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.LocalClusters;

/// <summary>Settings of a cluster on this machine.</summary>
public sealed record LocalClusterOptions
{
    /// <summary>Finds the checkpoints on disk, for a run that resumes from one.</summary>
    public required ICheckpointFolders Checkpoints { get; init; }

    /// <summary>Steps to profile after the warm-up; 0 for none.</summary>
    public int ProfileSteps { get; init; }

    /// <summary>The transport between worker processes.</summary>
    public TransportKind Exchange { get; init; }

    /// <summary>Faults to inject; null for none. Faults of processes need workers that are processes.</summary>
    public FaultPlan? Faults { get; init; }

    /// <summary>The coordinator's timeouts.</summary>
    public CoordinatorOptions Coordinator { get; init; } = new();

    /// <summary>The timeouts of worker threads.</summary>
    public WorkerOptions Worker { get; init; } = new();

    /// <summary>The clock of the coordinator and of worker threads.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Creates the loggers of the coordinator and of worker threads.</summary>
    public ILoggerFactory Logging { get; init; } = NullLoggerFactory.Instance;
}
