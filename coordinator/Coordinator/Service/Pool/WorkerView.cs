using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Service.Pool;

/// <summary>What a worker of the pool is doing.</summary>
public enum WorkerState
{
    /// <summary>Waits for a job.</summary>
    Idle,

    /// <summary>Belongs to a job.</summary>
    Working,

    /// <summary>Was given back by a job, and has not ended yet what it was doing for it.</summary>
    Draining,
}

/// <summary>A worker as it is shown.</summary>
/// <param name="Id">Who it is.</param>
/// <param name="State">What it does.</param>
/// <param name="Job">For which job; null where it is idle.</param>
/// <param name="Cores">Of its machine.</param>
/// <param name="Host">Equal where two workers can share memory; empty where it cannot.</param>
/// <param name="ExchangeAddress">Where it serves the exchange over gRPC; empty where it does not.</param>
/// <param name="Program">Version of its program.</param>
/// <param name="Joined">When it came.</param>
public sealed record WorkerView(WorkerId Id, WorkerState State, string? Job, int Cores, string Host, string ExchangeAddress, string Program, DateTimeOffset Joined);
