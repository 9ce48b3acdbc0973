using System.Net;
using Distributed.Coordinator.Security;
using Distributed.Protocol.Sockets;

namespace Distributed.Coordinator.Links;

/// <summary>Settings of the coordinator's end of its workers' streams.</summary>
public sealed record ControlOptions
{
    /// <summary>A file, for a socket that only this user's processes of this host reach. Its folder exists. Default: none.</summary>
    public string? SocketPath { get; init; }

    /// <summary>An address and a port, 0 for a free one; besides the socket or in its place. Other addresses than loopback need <see cref="Tls"/>. Default: none.</summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary>For <see cref="Listen"/>: certificates on both sides. Default: none.</summary>
    public ControlTls? Tls { get; init; }

    /// <summary>How long a worker may be silent before it is taken for lost, from 100 ms to 1 hour; it beats at a fifth of that. Default: 5 s.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a worker whose connection broke may take to come back before it is taken for lost, at most an hour. Longer forgives more,
    /// shorter lets the others go on sooner. Default: 250 ms.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long after connecting a worker may take to say who it is. Default: 10 s.</summary>
    public TimeSpan HelloTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Everything that is wrong with the settings; empty where nothing is.</summary>
    /// <param name="time">The clock by which certificates are valid; null for the system's.</param>
    public IEnumerable<string> Validate(TimeProvider? time = null)
    {
        if (SocketPath is null && Listen is null) yield return $"Neither {nameof(SocketPath)} nor {nameof(Listen)} is set; set one of them, or both.";
        if (SocketPath is not null && UnixSocketPath.Problem(UnixSocketPath.Whole(SocketPath)) is { } problem) yield return $"{nameof(SocketPath)} '{SocketPath}' {problem}.";
        if (Listen is not null && !IPAddress.IsLoopback(Listen.Address) && Tls is null)
            yield return $"{nameof(Listen)} is {Listen}, which others can reach, and {nameof(Tls)} is not set; set it, or listen on {IPAddress.Loopback}.";
        if (Lease < TimeSpan.FromMilliseconds(100) || Lease > TimeSpan.FromHours(1)) yield return $"{nameof(Lease)} is {Lease}; it must be from 100 ms to 1 hour.";
        if (Grace < TimeSpan.Zero || Grace > TimeSpan.FromHours(1)) yield return $"{nameof(Grace)} is {Grace}; it must be from zero to 1 hour.";
        if (HelloTimeout <= TimeSpan.Zero) yield return $"{nameof(HelloTimeout)} is {HelloTimeout}; it must be more than zero.";
        foreach (var error in Tls?.Validate(time ?? TimeProvider.System) ?? []) yield return $"{nameof(Tls)}: {error}";
    }
}
