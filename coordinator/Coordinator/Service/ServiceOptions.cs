using System.Net;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Links;
using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Security;
using Distributed.Coordinator.Service.Pool;
using Distributed.Protocol.Sockets;

namespace Distributed.Coordinator.Service;

/// <summary>Settings of a coordinator that runs as a long-lived service.</summary>
public sealed record ServiceOptions
{
    /// <summary>State folder; created if missing.</summary>
    public required string State { get; init; }

    /// <summary>Address of the JSON API: a loopback address; port 0 selects a free port. Default: 127.0.0.1:5080.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 5080);

    /// <summary>
    /// Socket for workers and for jobs over gRPC; its whole path has at most 107 bytes. Null for <c>control.sock</c> in the state folder.
    /// </summary>
    public string? Socket { get; init; }

    /// <summary>The whole path of the socket.</summary>
    public string SocketPath => UnixSocketPath.Absolute(Socket ?? Path.Combine(State, "control.sock"));

    /// <summary>
    /// Address where workers of other machines join, besides the socket. An address other than loopback requires <see cref="Tls"/>.
    /// Default: none.
    /// </summary>
    public IPEndPoint? Workers { get; init; }

    /// <summary>Certificates on both sides of connections to <see cref="Workers"/>. Default: none.</summary>
    public ControlTls? Tls { get; init; }

    /// <summary>How long a silent worker still counts as alive. Default: 5 s.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a hand-over may take: for a checkpoint of each running job, and for workers that are shutting down to save.
    /// Default: 1 minute.
    /// </summary>
    public TimeSpan HandOverTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Transport of the exchange between workers. Default: the fastest one that all of them support.</summary>
    public TransportKind Exchange { get; init; }

    /// <summary>Settings of every job's state machine.</summary>
    public CoordinatorOptions Jobs { get; init; } = new();

    /// <summary>Settings of the worker pool.</summary>
    public PoolOptions Pool { get; init; } = new();

    /// <summary>How many metrics are kept of each job.</summary>
    public MetricsOptions Metrics { get; init; } = new();

    /// <summary>Starts with an empty metrics history; an existing one is moved aside. Default: false.</summary>
    public bool NewMetrics { get; init; }

    internal ControlOptions Control(string socket) => new() { SocketPath = socket, Listen = Workers, Tls = Tls, Lease = Lease };

    /// <summary>Returns every error in the settings; empty if they are valid.</summary>
    public IEnumerable<string> Validate()
    {
        if (State.Length == 0) yield return $"{nameof(State)} is empty; it must be a folder.";
        if (!IPAddress.IsLoopback(Listen.Address))
        {
            yield return $"{nameof(Listen)} is {Listen}; "
                + $"without authentication it must be a loopback address, such as 127.0.0.1:{Listen.Port}.";
        }

        foreach (var error in Control(SocketPath).Validate()) yield return error;
        foreach (var error in Metrics.Validate()) yield return error;
        if (HandOverTimeout <= TimeSpan.Zero) yield return $"{nameof(HandOverTimeout)} is {HandOverTimeout}; it must be more than zero.";
        if (Pool.DrainTimeout <= TimeSpan.Zero)
            yield return $"{nameof(Pool)}.{nameof(Pool.DrainTimeout)} is {Pool.DrainTimeout}; it must be more than zero.";
    }
}
