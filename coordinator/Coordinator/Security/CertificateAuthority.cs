using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Distributed.Protocol.Security;

namespace Distributed.Coordinator.Security;

/// <summary>
/// The coordinator's own certificate authority, ECDSA P-256, stored in its state folder.
/// <list type="number">
/// <item>Opening creates the authority if it is missing. If several processes open it at once, one creates it and all of them use
/// it.</item>
/// <item>The coordinator's certificate is replaced, also while the coordinator runs, if it expires soon or lacks a host name.</item>
/// <item>Private keys exist only in the folder and in memory. Files are readable only by their owner (0600).</item>
/// </list>
/// </summary>
public sealed class CertificateAuthority
{
    private const string Folder = "authority", AuthorityFile = "authority.pem", PublicFile = "authority.crt", ServerFile = "server.pem",
        ServerName = "coordinator";
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3650);

    private readonly CertificateIssuer _certificates;
    private readonly CertificateAuthorityOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private X509Certificate2 _server;

    private CertificateAuthority(X509Certificate2 issuer, CertificateAuthorityOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _certificates = new CertificateIssuer(issuer, options.Validity, time);
        Certificate = X509CertificateLoader.LoadCertificate(issuer.RawData);
        _server = OpenServer();
    }

    /// <summary>The authority's certificate, without its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>
    /// The coordinator's identity, which trusts only this authority. A later read may return another certificate, because one that expires
    /// soon is replaced.
    /// </summary>
    /// <exception cref="IOException">A new certificate cannot be stored.</exception>
    public TlsIdentity Server
    {
        get
        {
            lock (_gate)
            {
                if (TlsIdentity.ExpiresWithin(_server, _options.RenewBefore, _time) is not null) _server = OpenServer();
                return new TlsIdentity { Certificate = _server, Authorities = [Certificate] };
            }
        }
    }

    /// <summary>Loads the authority, or creates it if it is missing.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="IOException">A file cannot be read or written, or holds no certificate with its key.</exception>
    public static CertificateAuthority Open(CertificateAuthorityOptions options, TimeProvider time)
    {
        var errors = options.Validate().ToArray();
        if (errors.Length > 0) throw new ArgumentException(string.Join(' ', errors), nameof(options));
        return new CertificateAuthority(OpenIssuer(options.StateFolder, time), options, time);
    }

    /// <summary>
    /// Loads the certificate of a state folder's authority, for a caller that issues nothing. Creates the authority if it is missing.
    /// </summary>
    /// <exception cref="IOException">A file cannot be read or written, or holds no certificate with its key.</exception>
    public static X509Certificate2 OpenCertificate(string stateFolder, TimeProvider time)
    {
        using var issuer = OpenIssuer(stateFolder, time);
        return X509CertificateLoader.LoadCertificate(issuer.RawData);
    }

    /// <summary>Issues a certificate for the key of a signing request.</summary>
    /// <param name="request">Name, key and host names. The requester cannot choose the role.</param>
    /// <param name="role">Role that the certificate is for.</param>
    public X509Certificate2 Issue(SigningRequest request, PeerRole role) =>
        _certificates.Issue(new PeerSubject(request.Name, role), request.Key, request.Hosts);

    private static X509Certificate2 OpenIssuer(string stateFolder, TimeProvider time)
    {
        PrivateFile.CreateFolder(stateFolder);
        var folder = Path.Combine(stateFolder, Folder);
        if (!Directory.Exists(folder)) Create(folder, time);
        return Load(Path.Combine(folder, AuthorityFile));
    }

    private X509Certificate2 OpenServer()
    {
        var path = Path.Combine(_options.StateFolder, ServerFile);
        string[] hosts = [.. _options.HostNames, "localhost", "127.0.0.1", "::1"];
        if (File.Exists(path) && Load(path) is var kept && IsUsable(kept)) return kept;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var issued = _certificates.Issue(new PeerSubject(ServerName, PeerRole.Coordinator), new PublicKey(key), hosts);
        PrivateFile.Write(path, CertificatePem.Of(issued, key));
        return Load(path);

        bool IsUsable(X509Certificate2 certificate) =>
            TlsIdentity.ExpiresWithin(certificate, _options.RenewBefore, _time) is null
            && hosts.All(host => certificate.MatchesHostname(host))
            && new CertificateTrust([Certificate], _time).Problem(certificate, CertificateTrust.Server, PeerRole.Coordinator) is null;
    }

    private static void Create(string folder, TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var identity = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)); // distinguishes authorities by name
        var request = new CertificateRequest($"CN=distributed authority {identity}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true,
            pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions
            .Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = time.GetUtcNow();
        using var made = request.CreateSelfSigned(now - CertificateIssuer.ClockTolerance, now + Lifetime);
        var temporary = $"{folder}.{Guid.NewGuid():N}.tmp";
        PrivateFile.CreateFolder(temporary);
        PrivateFile.Write(Path.Combine(temporary, AuthorityFile), CertificatePem.Of(made, key));
        // For peers with certificates from elsewhere.
        PrivateFile.Write(Path.Combine(temporary, PublicFile), made.ExportCertificatePem() + "\n");
        try
        {
            Directory.Move(temporary, folder); // fails if the folder exists and is not empty
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            Directory.Delete(temporary, recursive: true); // another process has created the authority first
        }
    }

    private static X509Certificate2 Load(string path)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(path);
        }
        catch (Exception error) when (error is CryptographicException or FileNotFoundException)
        {
            throw new IOException($"{path} holds no certificate with its key: {error.Message}", error);
        }
    }
}
