using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Service.Pool;

/// <summary>State of a worker in the pool.</summary>
public enum WorkerState
{
    /// <summary>Has no job.</summary>
    Idle,

    /// <summary>Is allocated to a job.</summary>
    Working,

    /// <summary>Was returned by a job, and has not stopped its role in that job yet.</summary>
    Draining,
}

/// <summary>A snapshot of a worker.</summary>
/// <param name="Id">Name and incarnation of the worker.</param>
/// <param name="State">State of the worker.</param>
/// <param name="Job">Identity of its job; null if the worker is idle.</param>
/// <param name="Cores">Number of processor cores of its machine.</param>
/// <param name="Host">Equal for workers that can share memory; empty if the worker cannot share memory.</param>
/// <param name="ExchangeAddress">Address where the worker serves the exchange over gRPC; empty if it does not.</param>
/// <param name="Program">Version of the worker's program.</param>
/// <param name="Joined">Time at which the worker joined.</param>
public sealed record WorkerView(WorkerId Id, WorkerState State, string? Job, int Cores, string Host, string ExchangeAddress, string Program,
    DateTimeOffset Joined);
