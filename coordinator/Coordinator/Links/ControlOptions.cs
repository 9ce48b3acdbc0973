using System.Net;
using Distributed.Coordinator.Security;
using Distributed.Protocol.Sockets;

namespace Distributed.Coordinator.Links;

/// <summary>Settings of the coordinator's end of the workers' streams.</summary>
public sealed record ControlOptions
{
    /// <summary>
    /// Path of a unix socket that only processes of this user on this host can open. Its folder must exist. Default: none.
    /// </summary>
    public string? SocketPath { get; init; }

    /// <summary>
    /// Address and port to listen on, in addition to the socket or instead of it; port 0 chooses a free port. An address other than
    /// loopback requires <see cref="Tls"/>. Default: none.
    /// </summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary>Mutual TLS for <see cref="Listen"/>. Default: none.</summary>
    public ControlTls? Tls { get; init; }

    /// <summary>
    /// Time after which a silent worker is lost, 100 ms to 1 hour. Workers send a heartbeat every fifth of it. Default: 5 s.
    /// </summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Time in which a worker whose connection broke may reconnect before it is lost, at most 1 hour. A longer time tolerates longer
    /// interruptions; a shorter time lets the other ranks recover sooner. Default: 250 ms.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Time after connecting in which a worker must send its <c>Hello</c>, more than zero. Default: 10 s.</summary>
    public TimeSpan HelloTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Returns one message for each invalid setting; empty if all are valid.</summary>
    /// <param name="time">Clock for the validity of certificates; null for the system clock.</param>
    public IEnumerable<string> Validate(TimeProvider? time = null)
    {
        if (SocketPath is null && Listen is null)
            yield return $"Neither {nameof(SocketPath)} nor {nameof(Listen)} is set; set one of them, or both.";
        if (SocketPath is not null && UnixSocketPath.Problem(UnixSocketPath.Absolute(SocketPath)) is { } problem)
            yield return $"{nameof(SocketPath)} '{SocketPath}' {problem}.";
        if (Listen is not null && !IPAddress.IsLoopback(Listen.Address) && Tls is null)
            yield return $"{nameof(Listen)} is {Listen}, which others can reach, and {nameof(Tls)} is not set; "
                + $"set it, or listen on {IPAddress.Loopback}.";
        if (Lease < TimeSpan.FromMilliseconds(100) || Lease > TimeSpan.FromHours(1))
            yield return $"{nameof(Lease)} is {Lease}; it must be from 100 ms to 1 hour.";
        if (Grace < TimeSpan.Zero || Grace > TimeSpan.FromHours(1))
            yield return $"{nameof(Grace)} is {Grace}; it must be from zero to 1 hour.";
        if (HelloTimeout <= TimeSpan.Zero) yield return $"{nameof(HelloTimeout)} is {HelloTimeout}; it must be more than zero.";
        foreach (var error in Tls?.Validate(time ?? TimeProvider.System) ?? []) yield return $"{nameof(Tls)}: {error}";
    }
}
