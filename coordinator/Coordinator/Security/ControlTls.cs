using Distributed.Protocol.Security;

namespace Distributed.Coordinator.Security;

/// <summary>How the coordinator shows who it is, and whose certificates it accepts.</summary>
public sealed record ControlTls
{
    /// <summary>The coordinator's certificate, for the role coordinator and the names by which workers call it, and whose certificates count.</summary>
    public required TlsIdentity Identity { get; init; }

    /// <summary>Where newcomers come to certificates; null where they have to bring them. Default: null.</summary>
    public EnrolmentIssuer? Desk { get; init; }

    /// <summary>A certificate with less than this left is warned about, at least zero. Default: 7 days.</summary>
    public TimeSpan ExpiryWarning { get; init; } = TimeSpan.FromDays(7);

    /// <summary>What to show now: the authority's latest, where the coordinator has one of its own.</summary>
    internal TlsIdentity Own => Desk?.Authority.Server ?? Identity;

    /// <summary>With the coordinator's own authority, which issues all certificates.</summary>
    public static ControlTls Of(EnrolmentIssuer desk) => new() { Identity = desk.Authority.Server, Desk = desk };

    /// <summary>Everything that is wrong with the settings; empty where nothing is.</summary>
    public IEnumerable<string> Validate(TimeProvider time)
    {
        if (ExpiryWarning < TimeSpan.Zero) yield return $"{nameof(ExpiryWarning)} is {ExpiryWarning}; it must be at least zero.";
        foreach (var error in Identity.Validate(PeerRole.Coordinator, CertificateTrust.Server, time)) yield return error;
    }
}
