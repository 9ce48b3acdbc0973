using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Distributed.Protocol.Security;

/// <summary>
/// Validates certificates: only those that the given authorities have issued and that are valid now are accepted. The authorities that the
/// machine trusts are not used.
/// </summary>
/// <param name="authorities">The trusted issuers; at least one.</param>
/// <param name="time">The clock.</param>
public sealed class CertificateTrust(X509Certificate2Collection authorities, TimeProvider time)
{
    /// <summary>Extended key usage of a server's certificate.</summary>
    public const string Server = "1.3.6.1.5.5.7.3.1";

    /// <summary>Extended key usage of a client's certificate.</summary>
    public const string Client = "1.3.6.1.5.5.7.3.2";

    /// <summary>Why a certificate is refused, as a message; null if it is accepted.</summary>
    /// <param name="certificate">Certificate of a peer that has proved to hold its key; null if the peer presented none.</param>
    /// <param name="use">The required usage, <see cref="Server"/> or <see cref="Client"/>.</param>
    /// <param name="roles">The accepted roles; empty accepts every role.</param>
    public string? Problem(X509Certificate2? certificate, string use, params ReadOnlySpan<PeerRole> roles)
    {
        if (certificate is null) return "no certificate was presented";
        var now = time.GetUtcNow();
        var who = $"the certificate of {certificate.Subject}";
        if (now > certificate.NotAfter) return $"{who} expired on {Text(certificate.NotAfter)}";
        if (now < certificate.NotBefore)
        {
            return $"{who} is not valid before {Text(certificate.NotBefore)}; "
                + $"the time of this machine is {Text(now.UtcDateTime)}";
        }

        using var chain = new X509Chain { ChainPolicy = Policy(use, now) };
        if (!chain.Build(certificate))
        {
            var untrusted = chain.ChainStatus
                .Any(
                    status =>
                        status.Status is X509ChainStatusFlags.PartialChain or X509ChainStatusFlags.UntrustedRoot
                            or X509ChainStatusFlags.NotSignatureValid);
            return untrusted
                ? $"{who} was not issued by {string.Join(" or ", authorities.Select(authority => authority.Subject))} "
                    + $"but by {certificate.Issuer}, which is not trusted here, or by another authority with that name"
                : $"{who} is not accepted: {string.Join(", ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()))}";
        }

        if (roles.Length == 0) return null;
        var role = PeerSubject.Of(certificate).Role;
        foreach (var allowed in roles)
        {
            if (role == allowed) return null;
        }

        var names = string.Join(" or ", roles.ToArray().Select(PeerSubject.Text));
        return $"{who} is for the role {(role is { } known ? PeerSubject.Text(known) : "(none)")}; allowed here: {names}";
    }

    private X509ChainPolicy Policy(string use, DateTimeOffset now)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTime = now.LocalDateTime,
        };
        policy.CustomTrustStore.AddRange(authorities);
        policy.ApplicationPolicy.Add(new Oid(use));
        return policy;
    }

    private static string Text(DateTime time) => $"{time.ToUniversalTime():yyyy-MM-dd HH:mm} UTC";
}
