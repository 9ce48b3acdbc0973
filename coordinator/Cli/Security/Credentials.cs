using Distributed.Configuration;
using Distributed.Protocol.Security;
using Distributed.Worker.Links;
using Distributed.Worker.Security;
using Microsoft.Extensions.Logging;

namespace Distributed.Cli.Security;

/// <summary>Where this process's certificate comes from, a worker's or an operator's: files, or a folder that a join token fills once.</summary>
internal sealed record Credentials
{
    public string? Certificate { get; init; }

    public string? Key { get; init; }

    public string? Authorities { get; init; }

    public string? Folder { get; init; }

    public string? Token { get; init; }

    public string? TokenFile { get; init; }

    private bool InFiles => (Certificate ?? Key ?? Authorities) is not null;

    /// <summary>What is wrong with the options; null where nothing is.</summary>
    /// <param name="coordinator">As it was given.</param>
    /// <param name="isTls">Whether both sides show certificates there.</param>
    public string? Problem(string coordinator, bool isTls)
    {
        if (!isTls) return (Certificate ?? Key ?? Authorities ?? Folder ?? Token ?? TokenFile) is null ? null : $"--coordinator {coordinator}: certificates and tokens are for https://host:port.";
        if (InFiles && (Certificate is null || Key is null || Authorities is null)) return "--certificate, --key and --ca go together; give all three.";
        if (InFiles && (Folder ?? Token ?? TokenFile) is not null) return "--certificate, --key and --ca take the place of --identity and a token; give one or the other.";
        if (Token is not null && TokenFile is not null) return "--token and --token-file: give one of them.";
        if (!InFiles && Folder is null) return $"--coordinator {coordinator}: give --identity, a folder for the key and the certificate, and --token for the first time; or --certificate, --key and --ca.";
        return null;
    }

    /// <summary>The identity: as it is there, renewed where it soon expires or lacks the host, by the token where there is none or it has expired.</summary>
    /// <param name="coordinator">Whom to enrol with.</param>
    /// <param name="name">What it is called; null for the certificate's, or the one given.</param>
    /// <param name="newName">Where neither says one.</param>
    /// <param name="host">By which others reach it.</param>
    /// <param name="roles">Roles of which one is of use; a token for another is refused and stays good.</param>
    /// <param name="patience">How long to wait for a coordinator that is not there yet.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="UserErrorException">There is none, and no token.</exception>
    /// <exception cref="CoordinatorException">The coordinator does not enrol.</exception>
    public async Task<TlsIdentity> OpenAsync(CoordinatorAddress coordinator, string? name, string newName, string host, IReadOnlyList<PeerRole> roles, TimeSpan patience, CancellationToken cancellation)
    {
        if (InFiles) return OfFiles(Certificate!, Key!, Authorities!);
        var folder = new IdentityFolder(Folder!);
        var text = Token ?? (TokenFile is null ? null : UserFile.Text(TokenFile, $"--token-file {TokenFile}").Trim());
        var (enroller, hosts) = (new Enroller(coordinator, folder, patience, TimeProvider.System), Hosts(host));
        if (folder.IsThere && folder.Load() is var kept)
        {
            var left = TlsIdentity.ExpiresWithin(kept.Certificate, CertificateRenewal.Early, TimeProvider.System);
            if (left is null && kept.Certificate.MatchesHostname(host)) return kept;
            if (left is null || left > TimeSpan.Zero) return await RenewedAsync(enroller, kept, hosts, cancellation);
            if (text is null) throw new UserErrorException($"--identity {Folder}: the certificate of {kept.Certificate.Subject} expired on {kept.Certificate.NotAfter.ToUniversalTime():u}: give --token, which `token create` prints at the coordinator.");
        }

        if (text is null) throw new UserErrorException($"--identity {Folder} holds no certificate yet: give --token, which `token create` prints at the coordinator.");
        var token = JoinToken.TryParse(text) ?? throw new UserErrorException($"{(Token is null ? $"--token-file {TokenFile}" : "--token")}: this is no join token; give the whole text that `token create` prints.");
        return await enroller.EnrolAsync(token, name ?? newName, hosts, roles, cancellation);
    }

    /// <summary>Keeps the identity valid from now on; null where it is of files, which whoever brought them replaces.</summary>
    /// <param name="identity">As opened.</param>
    /// <param name="coordinator">Whom to enrol with.</param>
    /// <param name="host">By which others reach this worker.</param>
    /// <param name="logger">Told of renewals.</param>
    public CertificateRenewal? Renewal(TlsIdentity identity, CoordinatorAddress coordinator, string host, ILogger<CertificateRenewal> logger)
    {
        if (InFiles) return null;
        var enroller = new Enroller(coordinator, new IdentityFolder(Folder!), TimeSpan.Zero, TimeProvider.System);
        return new CertificateRenewal(identity, (current, cancellation) => enroller.RenewAsync(current, Hosts(host), cancellation), TimeProvider.System, logger);
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

    private static async Task<TlsIdentity> RenewedAsync(Enroller enroller, TlsIdentity kept, IEnumerable<string> hosts, CancellationToken cancellation)
    {
        try
        {
            return await enroller.RenewAsync(kept, hosts, cancellation);
        }
        catch (CoordinatorException)
        {
            return kept; // good for a while yet; whoever uses it warns
        }
    }
}
