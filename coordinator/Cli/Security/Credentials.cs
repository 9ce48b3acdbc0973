using Distributed.Configuration;
using Distributed.Protocol.Security;
using Distributed.Worker.Links;
using Distributed.Worker.Security;
using Microsoft.Extensions.Logging;

namespace Distributed.Cli.Security;

/// <summary>The source of this process's certificate: files, or an identity folder that a join token fills once.</summary>
internal sealed record Credentials
{
    public string? Certificate { get; init; }

    public string? Key { get; init; }

    public string? Authorities { get; init; }

    public string? Folder { get; init; }

    public string? Token { get; init; }

    public string? TokenFile { get; init; }

    private bool InFiles => (Certificate ?? Key ?? Authorities) is not null;

    /// <summary>Returns what is wrong with the combination of options; null if it is valid.</summary>
    /// <param name="coordinator">The address of the coordinator, for the message.</param>
    /// <param name="isTls">Whether the address requires mutual TLS.</param>
    public string? Problem(string coordinator, bool isTls)
    {
        var isAnyGiven = (Certificate ?? Key ?? Authorities ?? Folder ?? Token ?? TokenFile) is not null;
        if (!isTls) return isAnyGiven ? $"--coordinator {coordinator}: certificates and tokens are for https://host:port." : null;
        if (InFiles && (Certificate is null || Key is null || Authorities is null))
            return "--certificate, --key and --ca go together. Give all three.";
        if (InFiles && (Folder ?? Token ?? TokenFile) is not null)
            return "--certificate, --key and --ca cannot be combined with --identity or a token. Use one or the other.";
        if (Token is not null && TokenFile is not null) return "--token and --token-file cannot be combined. Use one of them.";
        if (!InFiles && Folder is null)
        {
            return $"--coordinator {coordinator}: a certificate is required. Give --identity, a folder for the key and the certificate, "
                + "and --token the first time; or --certificate, --key and --ca.";
        }
        return null;
    }

    /// <summary>
    /// Loads the identity. A certificate that expires soon or does not cover the host is renewed. A missing or expired certificate is
    /// issued for the token.
    /// </summary>
    /// <param name="coordinator">The coordinator that issues certificates.</param>
    /// <param name="name">Name to enrol with; null for <paramref name="newName"/>.</param>
    /// <param name="newName">Default name to enrol with.</param>
    /// <param name="host">Host name or address at which other workers reach this process.</param>
    /// <param name="roles">Accepted roles; a token for another role is refused and stays valid.</param>
    /// <param name="connectTimeout">Maximum time to wait for the coordinator.</param>
    /// <param name="cancellation">Cancels the enrolment.</param>
    /// <exception cref="UserErrorException">
    /// The folder has no valid certificate and no valid token is given, or a file cannot be read.
    /// </exception>
    /// <exception cref="CoordinatorException">The coordinator cannot be reached, is not trusted, or refuses.</exception>
    public async Task<TlsIdentity> OpenAsync(CoordinatorAddress coordinator, string? name, string newName, string host,
        IReadOnlyList<PeerRole> roles, TimeSpan connectTimeout, CancellationToken cancellation)
    {
        if (InFiles) return OfFiles(Certificate!, Key!, Authorities!);
        var folder = new IdentityFolder(Folder!);
        var text = Token ?? (TokenFile is null ? null : UserFile.Text(TokenFile, $"--token-file {TokenFile}").Trim());
        var (enroller, hosts) = (new Enroller(coordinator, folder, connectTimeout, TimeProvider.System), Hosts(host));
        if (folder.Exists && folder.Load() is var kept)
        {
            var left = TlsIdentity.ExpiresWithin(kept.Certificate, CertificateRenewal.RenewBefore, TimeProvider.System);
            if (left is null && kept.Certificate.MatchesHostname(host)) return kept;
            if (left is null || left > TimeSpan.Zero) return await RenewedAsync(enroller, kept, hosts, cancellation);
            if (text is null)
            {
                var expiry = kept.Certificate.NotAfter.ToUniversalTime();
                throw new UserErrorException(
                    $"--identity {Folder}: the certificate of {kept.Certificate.Subject} expired on {expiry:u}. "
                    + "Give --token with the output of `token create` at the coordinator.");
            }
        }

        if (text is null)
        {
            throw new UserErrorException($"--identity {Folder}: the folder holds no certificate yet. "
                + "Give --token with the output of `token create` at the coordinator.");
        }

        var option = Token is null ? $"--token-file {TokenFile}" : "--token";
        var token = JoinToken.TryParse(text)
            ?? throw new UserErrorException($"{option}: the text is not a join token. Give the whole output of `token create`.");
        return await enroller.EnrolAsync(token, name ?? newName, hosts, roles, cancellation);
    }

    /// <summary>Starts automatic renewal of the identity; null if the certificate comes from files, which the user replaces.</summary>
    /// <param name="identity">The identity to renew.</param>
    /// <param name="coordinator">The coordinator that issues certificates.</param>
    /// <param name="host">Host name or address at which other workers reach this worker.</param>
    /// <param name="logger">Logs renewals.</param>
    public CertificateRenewal? Renewal(
        TlsIdentity identity, CoordinatorAddress coordinator, string host, ILogger<CertificateRenewal> logger)
    {
        if (InFiles) return null;
        var enroller = new Enroller(coordinator, new IdentityFolder(Folder!), TimeSpan.Zero, TimeProvider.System);
        return new CertificateRenewal(identity, (current, cancellation) => enroller.RenewAsync(current, Hosts(host), cancellation),
            TimeProvider.System, logger);
    }

    private static TlsIdentity OfFiles(string certificate, string key, string authorities)
    {
        try
        {
            foreach (var file in (string[])[certificate, key, authorities]) FileStatus.RefuseSpecial(file);
            return TlsIdentity.Load(certificate, key, authorities);
        }
        catch (IOException error)
        {
            throw new UserErrorException($"--certificate, --key and --ca: {error.Message}");
        }
    }

    private static string[] Hosts(string host) => ["localhost", "127.0.0.1", "::1", host];

    private static async Task<TlsIdentity> RenewedAsync(
        Enroller enroller, TlsIdentity kept, IEnumerable<string> hosts, CancellationToken cancellation)
    {
        try
        {
            return await enroller.RenewAsync(kept, hosts, cancellation);
        }
        catch (CoordinatorException)
        {
            return kept; // still valid; CertificateRenewal retries and warns
        }
    }
}
