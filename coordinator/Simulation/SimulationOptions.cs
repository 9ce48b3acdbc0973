using Distributed.Coordinator.Jobs;
using Distributed.Protocol.Faults;
using Distributed.Worker.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Simulation;

/// <summary>Settings of a run whose coordinator is in this process.</summary>
public sealed record SimulationOptions
{
    /// <summary>Steps to profile after the warm-up; 0 for none.</summary>
    public int ProfileSteps { get; init; }

    /// <summary>The transport between worker processes.</summary>
    public TransportKind Exchange { get; init; }

    /// <summary>Faults to inject; null for none. Faults of processes need workers that are processes.</summary>
    public FaultPlan? Faults { get; init; }

    /// <summary>The coordinator's timeouts.</summary>
    public CoordinatorOptions Coordinator { get; init; } = new();

    /// <summary>The workers' timeouts.</summary>
    public WorkerOptions Worker { get; init; } = new();

    /// <summary>The clock of the coordinator and its workers.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Creates the loggers of the coordinator and its workers.</summary>
    public ILoggerFactory Logging { get; init; } = NullLoggerFactory.Instance;
}
