using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Distributed.Protocol.Security;

namespace Distributed.Transports.Grpc;

/// <summary>
/// Mutual TLS between ranks: each shows its certificate, and accepts only those that the authorities have issued for the
/// purpose and, where it calls, for the host that it called. The machine's own authorities count for nothing.
/// </summary>
public sealed record GrpcTls
{
    /// <summary>This rank's, with its private key; for a server and a client.</summary>
    public required X509Certificate2 Certificate { get; init; }

    /// <summary>The same as it is by now, asked for each connection; null where it does not change. Default: none.</summary>
    public Func<X509Certificate2>? Renewed { get; init; }

    /// <summary>Those who issue the ranks' certificates; at least one.</summary>
    public required X509Certificate2Collection Authorities { get; init; }

    /// <summary>As whose holders the peers' certificates are issued; null for any. Default: any.</summary>
    public PeerRole? Role { get; init; }

    /// <summary>Everything that is wrong with the settings; empty where nothing is.</summary>
    public IEnumerable<string> Validate()
    {
        if (!Certificate.HasPrivateKey) yield return $"{nameof(Certificate)} {Certificate.Subject} has no private key; give the one with its key.";
        if (Authorities.Count == 0) yield return $"{nameof(Authorities)} is empty; give the certificate of whoever issues the ranks' certificates.";
    }

    internal X509Certificate2 Own => Renewed?.Invoke() ?? Certificate;

    internal SslClientAuthenticationOptions ForClient(TimeProvider time)
    {
        var trust = new CertificateTrust(Authorities, time);
        ReadOnlyMemory<PeerRole> roles = Role is { } role ? new[] { role } : default;
        return new SslClientAuthenticationOptions
        {
            ClientCertificates = [Own],
            LocalCertificateSelectionCallback = (_, _, _, _, _) => Own,
            RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            {
                var problem = trust.Problem(certificate as X509Certificate2, CertificateTrust.Server, roles.Span);
                if (problem is null && errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
                    problem = $"the certificate of {certificate!.Subject} is not for the host that was called ({nameof(SslPolicyErrors.RemoteCertificateNameMismatch)})";
                // What is thrown here reaches whoever called, with its words.
                return problem is null ? true : throw new AuthenticationException(problem);
            },
        };
    }
}
