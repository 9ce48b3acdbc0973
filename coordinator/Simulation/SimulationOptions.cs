using Distributed.Coordinator.Jobs;
using Distributed.Protocol.Faults;
using Distributed.Worker.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Simulation;

/// <summary>Settings of an in-process run.</summary>
public sealed record SimulationOptions
{
    /// <summary>Steps to profile after the warm-up; 0 for none.</summary>
    public int ProfileSteps { get; init; }

    /// <summary>How workers that are processes exchange.</summary>
    public ExchangeWay Exchange { get; init; }

    /// <summary>What is made to go wrong on purpose; null for nothing. What befalls processes needs workers that are processes.</summary>
    public FaultPlan? Faults { get; init; }

    /// <summary>The coordinator's bounds.</summary>
    public CoordinatorOptions Coordinator { get; init; } = new();

    /// <summary>The workers' bounds.</summary>
    public WorkerOptions Worker { get; init; } = new();

    /// <summary>The clock of both.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where both log to.</summary>
    public ILoggerFactory Logging { get; init; } = NullLoggerFactory.Instance;
}
