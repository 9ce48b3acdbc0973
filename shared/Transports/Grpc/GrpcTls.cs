using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Distributed.Protocol.Security;

namespace Distributed.Transports.Grpc;

/// <summary>
/// Settings of mutual TLS between ranks. Each side presents its certificate. It accepts only certificates that <see cref="Authorities"/>
/// issued for the purpose and, as a client, for the host that it called. The trust store of the machine is not used.
/// </summary>
public sealed record GrpcTls
{
    /// <summary>Certificate of this rank with its private key, valid for server and client authentication.</summary>
    public required X509Certificate2 Certificate { get; init; }

    /// <summary>
    /// Returns the current certificate of this rank, called for each connection; null if it does not change. Default: null.
    /// </summary>
    public Func<X509Certificate2>? CurrentCertificate { get; init; }

    /// <summary>Certificates of the authorities that issue the ranks' certificates; at least one.</summary>
    public required X509Certificate2Collection Authorities { get; init; }

    /// <summary>Role that the certificates of peers must have; null for any. Default: null.</summary>
    public PeerRole? Role { get; init; }

    /// <summary>Returns all errors in the settings; empty if there are none.</summary>
    public IEnumerable<string> Validate()
    {
        if (!Certificate.HasPrivateKey)
            yield return $"{nameof(Certificate)} {Certificate.Subject} has no private key. Load the certificate together with its key.";
        if (Authorities.Count == 0)
            yield return $"{nameof(Authorities)} is empty. Add the certificate of the authority that issues the ranks' certificates.";
    }

    internal X509Certificate2 Own => CurrentCertificate?.Invoke() ?? Certificate;

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
                {
                    problem = $"the certificate of {certificate!.Subject} is not valid for the called host "
                        + $"({nameof(SslPolicyErrors.RemoteCertificateNameMismatch)})";
                }

                // The caller of the connection receives this exception and its message.
                return problem is null ? true : throw new AuthenticationException(problem);
            },
        };
    }
}
