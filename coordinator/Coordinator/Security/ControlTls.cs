using Distributed.Protocol.Security;

namespace Distributed.Coordinator.Security;

/// <summary>The certificates that the coordinator presents and accepts.</summary>
public sealed record ControlTls
{
    /// <summary>
    /// The coordinator's certificate, for the role coordinator and the names by which workers call it, and the authorities that it trusts.
    /// </summary>
    public required TlsIdentity Identity { get; init; }

    /// <summary>Issues certificates to joining peers; null if their certificates come from files. Default: null.</summary>
    public EnrolmentIssuer? Enrolment { get; init; }

    /// <summary>A certificate with less than this left is logged as a warning; at least zero. Default: 7 days.</summary>
    public TimeSpan ExpiryWarning { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The identity to present now: the authority's newest if the coordinator has its own authority.</summary>
    internal TlsIdentity Own => Enrolment?.Authority.Server ?? Identity;

    /// <summary>Settings for a coordinator whose own authority issues all certificates.</summary>
    public static ControlTls Of(EnrolmentIssuer issuer) => new() { Identity = issuer.Authority.Server, Enrolment = issuer };

    /// <summary>Returns every error in the settings; empty if they are valid.</summary>
    public IEnumerable<string> Validate(TimeProvider time)
    {
        if (ExpiryWarning < TimeSpan.Zero) yield return $"{nameof(ExpiryWarning)} is {ExpiryWarning}; it must be at least zero.";
        foreach (var error in Identity.Validate(PeerRole.Coordinator, CertificateTrust.Server, time)) yield return error;
    }
}
