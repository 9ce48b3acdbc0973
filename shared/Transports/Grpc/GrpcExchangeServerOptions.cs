using System.Net;
using Distributed.Transports.Grpc.Frames;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Transports.Grpc;

/// <summary>Settings of a <see cref="GrpcExchangeServer"/>.</summary>
public sealed record GrpcExchangeServerOptions
{
    /// <summary>Address to listen on. An address other than loopback needs <see cref="Tls"/>. Default: 127.0.0.1.</summary>
    public IPAddress Listen { get; init; } = IPAddress.Loopback;

    /// <summary>Port to listen on, in [0, 65535]; 0 takes a free one, see <see cref="GrpcExchangeServer.Address"/>. Default: 0.</summary>
    public int Port { get; init; }

    /// <summary>Host name or address that other ranks use to reach this one; null for <see cref="Listen"/>.</summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>Settings of mutual TLS; null for plain HTTP/2. Default: null.</summary>
    public GrpcTls? Tls { get; init; }

    /// <summary>Connections from each other rank that carry large payloads, in [1, 16]. Default: 2.</summary>
    public int DataLanes { get; init; } = 2;

    /// <summary>Largest chunk of a large payload, in bytes, in [4 KiB, 4 MiB]. Default: 512 KiB.</summary>
    public int ChunkBytes { get; init; } = 512 << 10;

    /// <summary>Largest payload that is sent with the announcement of its exchange, in bytes, in [0, 256 KiB]. Default: 64 KiB.</summary>
    public int EagerBytes { get; init; } = 64 << 10;

    /// <summary>How long to wait for ranks that have not started yet; more than zero. Default: 1 minute.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Time after which a rank that answers no ping is lost; at least 1 second. Default: 5 seconds.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Time that other ranks have to acknowledge an abort, and that a closing server has to send its last frames.
    /// More than zero. Default: 2 seconds.
    /// </summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Clock for waits and retries during connecting.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Receives log messages about refusals, aborts and connections.</summary>
    public ILoggerFactory Logging { get; init; } = NullLoggerFactory.Instance;

    /// <summary>Returns all errors in the settings; empty if there are none.</summary>
    public IEnumerable<string> Validate()
    {
        if (!IPAddress.IsLoopback(Listen) && Tls is null)
        {
            yield return $"{nameof(Listen)} is {Listen}, which other hosts can reach, and {nameof(Tls)} is not set. "
                + $"Set it, or listen on {IPAddress.Loopback}.";
        }
        if (Port is < 0 or > IPEndPoint.MaxPort) yield return $"{nameof(Port)} is {Port}; it must be in [0, {IPEndPoint.MaxPort}].";
        if (DataLanes is < 1 or > WireLimits.MaxDataLanes)
            yield return $"{nameof(DataLanes)} is {DataLanes}; it must be in [1, {WireLimits.MaxDataLanes}].";
        if (ChunkBytes is < 4 << 10 or > WireLimits.MaxChunkBytes)
            yield return $"{nameof(ChunkBytes)} is {ChunkBytes}; it must be in [4096, {WireLimits.MaxChunkBytes}].";
        if (EagerBytes is < 0 or > WireLimits.MaxEagerBytes)
            yield return $"{nameof(EagerBytes)} is {EagerBytes}; it must be in [0, {WireLimits.MaxEagerBytes}].";
        if (ConnectTimeout <= TimeSpan.Zero) yield return $"{nameof(ConnectTimeout)} is {ConnectTimeout}; it must be more than zero.";
        if (PingTimeout < TimeSpan.FromSeconds(1)) yield return $"{nameof(PingTimeout)} is {PingTimeout}; it must be at least 1 second.";
        if (CloseTimeout <= TimeSpan.Zero) yield return $"{nameof(CloseTimeout)} is {CloseTimeout}; it must be more than zero.";
        foreach (var error in Tls?.Validate() ?? []) yield return $"{nameof(Tls)}: {error}";
    }
}
