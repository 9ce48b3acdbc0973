using Distributed.Protocol.Security;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Security;

/// <summary>
/// Whether a caller may do what some roles may, by the certificate that it shows. It is checked here and not in the handshake, so that its
/// holder is told what is wrong with it.
/// </summary>
internal sealed partial class PeerCheck(ControlTls? tls, TimeProvider time, ILogger logger)
{
    private readonly CertificateTrust? _trust = tls is null ? null : new CertificateTrust(tls.Identity.Authorities, time);

    /// <summary>Whether a call came over TLS, where callers are known by their certificates alone.</summary>
    public bool Concerns(HttpContext context) => _trust is not null && context.Features.Get<ITlsHandshakeFeature>() is not null;

    /// <summary>Who calls, or why it may not.</summary>
    /// <param name="context">Of a call that this concerns.</param>
    /// <param name="roles">Those that may; at least one.</param>
    public (PeerSubject Peer, PeerRefusal? OperationRefusal) Look(HttpContext context, params PeerRole[] roles)
    {
        var certificate = context.Connection.ClientCertificate;
        if (_trust!.Problem(certificate, CertificateTrust.Client) is { } untrusted)
            return (default!, new PeerRefusal(IsKnown: false, $"{untrusted}{(certificate is null ? "; join with a token, or with --certificate, --key and --ca" : "")}"));
        if (_trust.Problem(certificate, CertificateTrust.Client, roles) is { } role) return (default!, new PeerRefusal(IsKnown: true, role));
        var peer = PeerSubject.Of(certificate!);
        if (TlsIdentity.ExpiresWithin(certificate!, tls!.ExpiryWarning, time) is { } left) LogExpiry(logger, peer.Name, certificate!.NotAfter.ToUniversalTime(), Math.Round(left.TotalDays, 1));
        return (peer, null);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name}: its certificate expires on {Until:u}, in {Days} days; a worker that came with a token renews it by itself; where it came from a file, replace that")]
    private static partial void LogExpiry(ILogger logger, string name, DateTime until, double days);
}

/// <summary>Why a caller may not.</summary>
/// <param name="IsKnown">Whether it is known who it is, and that one may not; else its certificate does not count.</param>
/// <param name="Reason">In words for people.</param>
internal sealed record PeerRefusal(bool IsKnown, string Reason);
