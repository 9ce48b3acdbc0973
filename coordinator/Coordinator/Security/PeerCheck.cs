using Distributed.Protocol.Security;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Security;

/// <summary>
/// Checks whether a caller's certificate is for one of the roles that a call requires. The check runs after the TLS handshake, so that the
/// refusal can state the reason.
/// </summary>
internal sealed partial class PeerCheck(ControlTls? tls, TimeProvider time, ILogger logger)
{
    private readonly CertificateTrust? _trust = tls is null ? null : new CertificateTrust(tls.Identity.Authorities, time);

    /// <summary>Returns whether a call came over TLS, where only the certificate identifies the caller.</summary>
    public bool AppliesTo(HttpContext context) => _trust is not null && context.Features.Get<ITlsHandshakeFeature>() is not null;

    /// <summary>Returns the caller, or the refusal.</summary>
    /// <param name="context">A call for which <see cref="AppliesTo"/> returns true.</param>
    /// <param name="roles">Roles that may make the call; at least one.</param>
    public (PeerSubject Peer, PeerRefusal? Refusal) Authorize(HttpContext context, params PeerRole[] roles)
    {
        var certificate = context.Connection.ClientCertificate;
        if (_trust!.Problem(certificate, CertificateTrust.Client) is { } untrusted)
            return (default!, new PeerRefusal(IsKnown: false,
                $"{untrusted}{(certificate is null ? "; join with a token, or with --certificate, --key and --ca" : "")}"));
        if (_trust.Problem(certificate, CertificateTrust.Client, roles) is { } role)
            return (default!, new PeerRefusal(IsKnown: true, role));
        var peer = PeerSubject.Of(certificate!);
        if (TlsIdentity.ExpiresWithin(certificate!, tls!.ExpiryWarning, time) is { } left)
            LogExpiry(logger, peer.Name, certificate!.NotAfter.ToUniversalTime(), Math.Round(left.TotalDays, 1));
        return (peer, null);
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Name}: the certificate expires on {Until:u}, in {Days} days. "
            + "A worker that enrolled with a token renews its certificate automatically; replace a certificate that came from a file")]
    private static partial void LogExpiry(ILogger logger, string name, DateTime until, double days);
}

/// <summary>Reason for refusing a caller.</summary>
/// <param name="IsKnown">True if the certificate is trusted and its role does not allow the call; false if it is not trusted.</param>
/// <param name="Reason">Reason as a message.</param>
internal sealed record PeerRefusal(bool IsKnown, string Reason);
