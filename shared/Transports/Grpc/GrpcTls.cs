using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Distributed.Transports.Grpc;

/// <summary>
/// Mutual TLS between ranks: each shows its certificate, and accepts only those that the authorities have issued for the
/// purpose and, where it calls, for the host that it called. The machine's own authorities count for nothing.
/// </summary>
public sealed record GrpcTls
{
    /// <summary>This rank's, with its private key; for a server and a client.</summary>
    public required X509Certificate2 Certificate { get; init; }

    /// <summary>Those who issue the ranks' certificates; at least one.</summary>
    public required X509Certificate2Collection Authorities { get; init; }

    /// <summary>Everything that is wrong with the settings; empty where nothing is.</summary>
    public IEnumerable<string> Validate()
    {
        if (!Certificate.HasPrivateKey) yield return $"{nameof(Certificate)} {Certificate.Subject} has no private key; give the one with its key.";
        if (Authorities.Count == 0) yield return $"{nameof(Authorities)} is empty; give the certificate of whoever issues the ranks' certificates.";
    }

    internal SslClientAuthenticationOptions ForClient() => new()
    {
        ClientCertificates = [Certificate],
        LocalCertificateSelectionCallback = (_, _, _, _, _) => Certificate,
        CertificateChainPolicy = Chain(),
    };

    /// <summary>Only what <see cref="Authorities"/> have issued; for which use is the caller's side of the connection.</summary>
    internal X509ChainPolicy Chain()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(Authorities);
        return policy;
    }
}
