using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Distributed.Protocol.Security;

namespace Distributed.Coordinator.Security;

/// <summary>Issues certificates for peers; see <see cref="CertificateAuthority"/>.</summary>
internal sealed class CertificateIssuer(X509Certificate2 issuer, TimeSpan validity, TimeProvider time)
{
    /// <summary>A certificate is valid from this long before its issue, for peers whose clocks are behind.</summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    private const int SerialBytes = 16;

    public X509Certificate2 Issue(PeerSubject subject, PublicKey key, IReadOnlyList<string> hosts)
    {
        var request = new CertificateRequest(subject.ToDistinguishedName(), key, HashAlgorithmName.SHA256);
        var extensions = request.CertificateExtensions;
        extensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false,
            pathLengthConstraint: 0, critical: true));
        extensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        extensions.Add(new X509EnhancedKeyUsageExtension(Uses(subject.Role!.Value), critical: false));
        extensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        extensions.Add(new X509SubjectKeyIdentifierExtension(key, critical: false));
        if (hosts.Count > 0) extensions.Add(Names(hosts));
        var (from, until) = (time.GetUtcNow() - ClockTolerance, time.GetUtcNow() + validity);
        return request.Create(issuer, from > issuer.NotBefore ? from : issuer.NotBefore,
            until < issuer.NotAfter ? until : issuer.NotAfter, Serial());
    }

    // A viewer or an operator serves nothing.
    private static OidCollection Uses(PeerRole role) => role switch
    {
        PeerRole.Coordinator or PeerRole.Worker => [new Oid(CertificateTrust.Server), new Oid(CertificateTrust.Client)],
        _ => [new Oid(CertificateTrust.Client)],
    };

    private static X509Extension Names(IReadOnlyList<string> hosts)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts.Distinct())
        {
            if (IPAddress.TryParse(host, out var address)) names.AddIpAddress(address);
            else names.AddDnsName(host);
        }

        return names.Build();
    }

    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(SerialBytes);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40); // positive, without leading zeros
        return serial;
    }
}
