using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Distributed.Protocol.Security;

/// <summary>The TLS identity of a process: its certificate, and the authorities that it trusts.</summary>
public sealed record TlsIdentity
{
    /// <summary>The certificate of this process, with its private key.</summary>
    public required X509Certificate2 Certificate { get; init; }

    /// <summary>The trusted issuers of the peers' certificates; at least one.</summary>
    public required X509Certificate2Collection Authorities { get; init; }

    /// <summary>Loads an identity from PEM files.</summary>
    /// <param name="certificate">Path of the certificate, which an authority has issued directly.</param>
    /// <param name="key">Path of the certificate's private key.</param>
    /// <param name="authorities">Path of the certificates of the authorities.</param>
    /// <exception cref="IOException">A file does not exist or has other contents; the message has all three paths.</exception>
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
            throw new IOException(
                $"Cannot load the TLS identity from certificate {certificate}, key {key} and authorities {authorities}: "
                + $"{error.Message}", error);
        }
    }

    /// <summary>The remaining validity of a certificate if it is less than <paramref name="warning"/>; null otherwise.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="warning">The remaining validity below which to warn.</param>
    /// <param name="time">The clock.</param>
    public static TimeSpan? ExpiresWithin(X509Certificate2 certificate, TimeSpan warning, TimeProvider time)
    {
        var left = certificate.NotAfter.ToUniversalTime() - time.GetUtcNow().UtcDateTime;
        return left < warning ? left : null;
    }

    /// <summary>All problems of the identity; empty if it is valid.</summary>
    /// <param name="role">The role that the certificate must have.</param>
    /// <param name="use">
    /// The usage that the certificate must allow: <see cref="CertificateTrust.Server"/> or <see cref="CertificateTrust.Client"/>.
    /// </param>
    /// <param name="time">The clock.</param>
    public IEnumerable<string> Validate(PeerRole role, string use, TimeProvider time)
    {
        if (!Certificate.HasPrivateKey)
            yield return $"{nameof(Certificate)} {Certificate.Subject} has no private key; load the certificate with its key.";
        if (Authorities.Count == 0)
            yield return $"{nameof(Authorities)} is empty; add the certificate of the authority that issues the peers' certificates.";
        else if (new CertificateTrust(Authorities, time).Problem(Certificate, use, role) is { } problem)
            yield return $"{nameof(Certificate)}: {problem}; no peer would accept it.";
    }
}
