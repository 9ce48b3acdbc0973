using System.Net;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Links;
using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Security;
using Distributed.Coordinator.Service.Pool;
using Distributed.Protocol.Sockets;

namespace Distributed.Coordinator.Service;

/// <summary>Settings of a coordinator that serves.</summary>
public sealed record ServiceOptions
{
    /// <summary>Folder of its state; made where it is missing.</summary>
    public required string State { get; init; }

    /// <summary>Where the JSON API listens; a loopback address, port 0 for any that is free. Default: 127.0.0.1:5080.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 5080);

    /// <summary>Socket for workers and for jobs over gRPC, whose whole path has at most 107 bytes; null is <c>control.sock</c> in the state's folder.</summary>
    public string? Socket { get; init; }

    /// <summary>The whole path of the socket.</summary>
    public string SocketPath => UnixSocketPath.Whole(Socket ?? Path.Combine(State, "control.sock"));

    /// <summary>Where workers of other hosts join, besides the socket; other addresses than loopback need <see cref="Tls"/>. Default: none.</summary>
    public IPEndPoint? Workers { get; init; }

    /// <summary>For <see cref="Workers"/>: certificates on both sides. Default: none.</summary>
    public ControlTls? Tls { get; init; }

    /// <summary>How long a worker may be silent before it is taken for lost. Default: 5 s.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long handing over may take: for a checkpoint of each running job, and for workers that end too to save. Default: 1 minute.</summary>
    public TimeSpan HandOverTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How workers exchange. Default: the fastest way that they have in common.</summary>
    public ExchangeWay Exchange { get; init; }

    /// <summary>Bounds of every job.</summary>
    public CoordinatorOptions Jobs { get; init; } = new();

    /// <summary>The pool of workers.</summary>
    public PoolOptions Pool { get; init; } = new();

    /// <summary>How much of the jobs' past is kept.</summary>
    public MetricsOptions Metrics { get; init; } = new();

    /// <summary>Starts with an empty history of metrics; one that is there is moved aside. Default: no.</summary>
    public bool NewMetrics { get; init; }

    internal ControlOptions Control(string socket) => new() { SocketPath = socket, Listen = Workers, Tls = Tls, Lease = Lease };

    /// <summary>Everything that is wrong with the settings; empty where nothing is.</summary>
    public IEnumerable<string> Validate()
    {
        if (State.Length == 0) yield return $"{nameof(State)} is empty; it must be a folder.";
        if (!IPAddress.IsLoopback(Listen.Address)) yield return $"{nameof(Listen)} is {Listen}; without authentication it must be a loopback address, such as 127.0.0.1:{Listen.Port}.";
        foreach (var error in Control(SocketPath).Validate()) yield return error;
        foreach (var error in Metrics.Validate()) yield return error;
        if (HandOverTimeout <= TimeSpan.Zero) yield return $"{nameof(HandOverTimeout)} is {HandOverTimeout}; it must be more than zero.";
        if (Pool.DrainTimeout <= TimeSpan.Zero) yield return $"{nameof(Pool)}.{nameof(Pool.DrainTimeout)} is {Pool.DrainTimeout}; it must be more than zero.";
    }
}
