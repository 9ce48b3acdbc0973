using Distributed.Protocol.Security;

namespace Distributed.Worker.Links;

/// <summary>Settings of a worker's end of its stream with the coordinator.</summary>
public sealed record CoordinatorLinkOptions
{
    /// <summary>Where the coordinator is.</summary>
    public required CoordinatorAddress Address { get; init; }

    /// <summary>Who this worker is, and whose coordinator it believes; for an address with TLS. Default: none.</summary>
    public TlsIdentity? Tls { get; init; }

    /// <summary>The same as it is by now, asked for each connection; null where <see cref="Tls"/> does not change. Default: none.</summary>
    public Func<TlsIdentity>? Renewed { get; init; }

    /// <summary>Between two signs of life; a fifth of the coordinator's lease, from 10 ms to 10 minutes. Default: 1 s.</summary>
    public TimeSpan Beat { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long to try to reach the coordinator, from the beginning or from when it was last heard; more than zero. Default: 5 minutes.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a coordinator that is connected to may take to let this worker in, more than zero. Default: 10 s.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long leaving may take, for the last events and the coordinator's end, more than zero. Default: 2 s.</summary>
    public TimeSpan Farewell { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The most events that are kept for sending again, at least 1; beyond, the oldest are dropped and counted. Default: 100,000.</summary>
    public int KeptEvents { get; init; } = 100_000;

    /// <summary>Everything that is wrong with the settings; empty where nothing is.</summary>
    public IEnumerable<string> Validate()
    {
        if (Address.IsTls && Tls is null) yield return $"{nameof(Address)} is {Address}, and {nameof(Tls)} is not set; set it to this worker's certificate, or join a socket of this machine.";
        if (Beat < TimeSpan.FromMilliseconds(10) || Beat > TimeSpan.FromMinutes(10)) yield return $"{nameof(Beat)} is {Beat}; it must be from 10 ms to 10 minutes.";
        if (Patience <= TimeSpan.Zero) yield return $"{nameof(Patience)} is {Patience}; it must be more than zero.";
        if (AnswerTimeout <= TimeSpan.Zero) yield return $"{nameof(AnswerTimeout)} is {AnswerTimeout}; it must be more than zero.";
        if (Farewell <= TimeSpan.Zero) yield return $"{nameof(Farewell)} is {Farewell}; it must be more than zero.";
        if (KeptEvents < 1) yield return $"{nameof(KeptEvents)} is {KeptEvents}; it must be at least 1.";
    }
}
