using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Distributed.Protocol.Security;
using Distributed.Transports.Grpc;

namespace Distributed.Transports.Tests.Grpc;

/// <summary>A certificate authority for a test, and the certificates that it issues.</summary>
internal sealed class TestCertificates
{
    private static readonly DateTimeOffset From = TimeProvider.System.GetUtcNow().AddHours(-1), Until = From.AddDays(1),
        Ever = From.AddDays(-30);
    private readonly X509Certificate2 _authority;

    public TestCertificates(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _authority = request.CreateSelfSigned(Ever, Until);
    }

    public X509Certificate2Collection Authorities => [X509CertificateLoader.LoadCertificate(_authority.RawData)];

    /// <summary>
    /// Returns settings of a rank with a certificate of this authority. The rank trusts the given authorities; null for this one.
    /// </summary>
    public GrpcExchangeServerOptions ServerOptions(
        X509Certificate2Collection? trusted = null, IPAddress? host = null, PeerRole? role = null) => new()
    {
        Tls = new GrpcTls { Certificate = Issue(host ?? IPAddress.Loopback, role), Authorities = trusted ?? Authorities },
        ConnectTimeout = TimeSpan.FromSeconds(20),
    };

    /// <summary>Issues a certificate for a host. Null: no role, valid from an hour ago, valid until tomorrow.</summary>
    public X509Certificate2 Issue(IPAddress host, PeerRole? role = null, DateTimeOffset? from = null, DateTimeOffset? until = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(role is null ? $"CN=rank at {host}" : $"CN=rank at {host}, OU={PeerSubject.Text(role.Value)}",
            key, HashAlgorithmName.SHA256);
        request.CertificateExtensions
            .Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(host);
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(_authority, from ?? From, until ?? Until.AddMinutes(-1), Guid.NewGuid().ToByteArray());
        return issued.CopyWithPrivateKey(key);
    }
}
