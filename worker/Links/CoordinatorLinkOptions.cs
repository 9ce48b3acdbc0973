using Distributed.Protocol.Security;

namespace Distributed.Worker.Links;

/// <summary>Settings of a worker's end of its stream with the coordinator.</summary>
public sealed record CoordinatorLinkOptions
{
    /// <summary>Address of the coordinator.</summary>
    public required CoordinatorAddress Address { get; init; }

    /// <summary>This worker's certificate and the authorities that it trusts; required for an address with TLS. Default: null.</summary>
    public TlsIdentity? Tls { get; init; }

    /// <summary>
    /// Returns the newest identity; called for each connection. Null if <see cref="Tls"/> does not change. Default: null.
    /// </summary>
    public Func<TlsIdentity>? CurrentIdentity { get; init; }

    /// <summary>Interval between two beats; a fifth of the coordinator's lease, from 10 ms to 10 minutes. Default: 1 s.</summary>
    public TimeSpan BeatInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Time to try to reach the coordinator, from the start or from its last message; more than zero. Default: 5 minutes.
    /// </summary>
    public TimeSpan ReconnectTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Time that a connected coordinator has to admit this worker, more than zero. Default: 10 s.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time for the last events and the end of the stream when the worker leaves, more than zero. Default: 2 s.</summary>
    public TimeSpan LeaveTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Maximum number of events that are kept for resending, at least 1; beyond it the oldest are dropped and counted. Default: 100,000.
    /// </summary>
    public int KeptEvents { get; init; } = 100_000;

    /// <summary>Returns all problems of the settings; empty if there is none.</summary>
    public IEnumerable<string> Validate()
    {
        if (Address.IsTls && Tls is null)
            yield return $"{nameof(Address)} is {Address}, and {nameof(Tls)} is not set; set it to this worker's certificate, "
                + "or join a socket of this machine.";
        if (BeatInterval < TimeSpan.FromMilliseconds(10) || BeatInterval > TimeSpan.FromMinutes(10))
            yield return $"{nameof(BeatInterval)} is {BeatInterval}; it must be from 10 ms to 10 minutes.";
        if (ReconnectTimeout <= TimeSpan.Zero) yield return $"{nameof(ReconnectTimeout)} is {ReconnectTimeout}; it must be more than zero.";
        if (AnswerTimeout <= TimeSpan.Zero) yield return $"{nameof(AnswerTimeout)} is {AnswerTimeout}; it must be more than zero.";
        if (LeaveTimeout <= TimeSpan.Zero) yield return $"{nameof(LeaveTimeout)} is {LeaveTimeout}; it must be more than zero.";
        if (KeptEvents < 1) yield return $"{nameof(KeptEvents)} is {KeptEvents}; it must be at least 1.";
    }
}
