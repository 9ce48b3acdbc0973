using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Distributed.Protocol.Security;

namespace Distributed.Coordinator.Security;

/// <summary>A request for a certificate, whose sender has proved that it holds the key.</summary>
/// <param name="Name">Requested name of the certificate's subject.</param>
/// <param name="Key">Public key, on an elliptic curve.</param>
/// <param name="Hosts">Host names and addresses under which the requester serves.</param>
public sealed record SigningRequest(string Name, PublicKey Key, IReadOnlyList<string> Hosts)
{
    private const int MostBytes = 16 << 10, MostHosts = 16;
    private const string SubjectAlternativeNames = "2.5.29.17";

    /// <summary>Reads a request and checks its signature.</summary>
    /// <param name="pkcs10">The PKCS #10 request in DER.</param>
    /// <exception cref="SigningRequestException">
    /// The request is malformed, its signature is not by its key, or its key, name or host names are not allowed.
    /// </exception>
    public static SigningRequest Read(byte[] pkcs10)
    {
        if (pkcs10.Length > MostBytes)
            throw new SigningRequestException($"the signing request has {pkcs10.Length} bytes; allowed: {MostBytes}");
        CertificateRequest request;
        try
        {
            request = CertificateRequest.LoadSigningRequest(pkcs10, HashAlgorithmName.SHA256,
                CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions);
        }
        catch (CryptographicException error)
        {
            throw new SigningRequestException($"the signing request cannot be read, or is not signed by its key: {error.Message}");
        }

        using var key = request.PublicKey.GetECDsaPublicKey();
        if (key is null or { KeySize: not 256 })
            throw new SigningRequestException("the signing request has a key that is not of the elliptic curve P-256");
        var name = NameOf(request.SubjectName);
        if (!PeerSubject.IsName(name))
        {
            throw new SigningRequestException(
                $"the signing request is for '{name}'; a name has 1 to 64 letters, digits, dots, dashes and underscores");
        }

        var hosts = HostsOf(request.CertificateExtensions);
        if (hosts.FirstOrDefault(host => Uri.CheckHostName(host) == UriHostNameType.Unknown) is { } odd)
            throw new SigningRequestException($"the signing request has '{odd}', which is not a host name or an address");
        return hosts.Length <= MostHosts
            ? new SigningRequest(name, request.PublicKey, hosts)
            : throw new SigningRequestException($"the signing request has {hosts.Length} host names; allowed: {MostHosts}");
    }

    private static string NameOf(X500DistinguishedName subject) =>
        subject.EnumerateRelativeDistinguishedNames().FirstOrDefault(
            part => !part.HasMultipleElements && part.GetSingleElementType().Value == "2.5.4.3")?.GetSingleElementValue() ?? "";

    private static string[] HostsOf(IEnumerable<X509Extension> extensions)
    {
        if (extensions.FirstOrDefault(extension => extension.Oid?.Value == SubjectAlternativeNames) is not { } extension) return [];
        try
        {
            var names = new X509SubjectAlternativeNameExtension(extension.RawData);
            return [.. names.EnumerateDnsNames(), .. names.EnumerateIPAddresses().Select(address => address.ToString())];
        }
        catch (CryptographicException error)
        {
            throw new SigningRequestException($"the signing request's host names cannot be read: {error.Message}");
        }
    }
}
