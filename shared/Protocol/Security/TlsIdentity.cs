using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Distributed.Protocol.Security;

/// <summary>Who a process is over TLS, and whom it believes.</summary>
public sealed record TlsIdentity
{
    /// <summary>This process's, with its private key.</summary>
    public required X509Certificate2 Certificate { get; init; }

    /// <summary>Those who issue the others' certificates; at least one.</summary>
    public required X509Certificate2Collection Authorities { get; init; }

    /// <summary>From files in PEM: a certificate that an authority has issued directly, its key, and the authorities.</summary>
    /// <exception cref="IOException">A file is not there, or says something else than it should; the message names all three.</exception>
    public static TlsIdentity Load(string certificate, string key, string authorities)
    {
        try
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPemFile(authorities);
            if (roots.Count == 0) throw new CryptographicException($"{authorities} holds no certificate");
            return new TlsIdentity { Certificate = X509Certificate2.CreateFromPemFile(certificate, key), Authorities = roots };
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException or UnauthorizedAccessException or IOException)
        {
            throw new IOException($"No TLS identity from the certificate {certificate}, the key {key} and the authorities {authorities}: {error.Message}", error);
        }
    }

    /// <summary>How long the certificate is still valid, where that is less than a warning's time; null where there is no need to warn.</summary>
    public static TimeSpan? ExpiresWithin(X509Certificate2 certificate, TimeSpan warning, TimeProvider time)
    {
        var left = certificate.NotAfter.ToUniversalTime() - time.GetUtcNow().UtcDateTime;
        return left < warning ? left : null;
    }

    /// <summary>Everything that is wrong with it; empty where nothing is.</summary>
    /// <param name="role">That the certificate must be for.</param>
    /// <param name="use">A use that it must allow: <see cref="CertificateTrust.Server"/> or <see cref="CertificateTrust.Client"/>.</param>
    /// <param name="time">The clock.</param>
    public IEnumerable<string> Validate(PeerRole role, string use, TimeProvider time)
    {
        if (!Certificate.HasPrivateKey) yield return $"{nameof(Certificate)} {Certificate.Subject} has no private key; give the one with its key.";
        if (Authorities.Count == 0) yield return $"{nameof(Authorities)} is empty; give the certificate of whoever issues the others' certificates.";
        else if (new CertificateTrust(Authorities, time).Problem(Certificate, use, role) is { } problem) yield return $"{nameof(Certificate)}: {problem}; no peer would accept it.";
    }
}
