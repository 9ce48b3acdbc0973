using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Distributed.Protocol.Security;

namespace Distributed.Coordinator.Security;

/// <summary>
/// The coordinator's own certificate authority, ECDSA P-256, kept in its state folder.
/// <list type="number">
/// <item>Opening makes it where there is none; of several processes that do so at once, one makes it and all have the same.</item>
/// <item>The coordinator's certificate is issued anew where it runs out soon, also while it runs, or lacks a host name.</item>
/// <item>Keys never leave the folder but in memory; files are their owner's alone (0600).</item>
/// </list>
/// </summary>
public sealed class CertificateAuthority
{
    private const string Folder = "authority", AuthorityFile = "authority.pem", PublicFile = "authority.crt", ServerFile = "server.pem", ServerName = "coordinator";
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

    /// <summary>The authority's, without its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>Who the coordinator is, and that it believes this authority alone. Asked anew it may have another certificate: one that runs out is replaced.</summary>
    /// <exception cref="IOException">A new certificate cannot be kept.</exception>
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

    /// <summary>Loads it, or makes it.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="IOException">A file cannot be read or written, or is none of ours.</exception>
    public static CertificateAuthority Open(CertificateAuthorityOptions options, TimeProvider time)
    {
        var errors = options.Validate().ToArray();
        if (errors.Length > 0) throw new ArgumentException(string.Join(' ', errors), nameof(options));
        return new CertificateAuthority(OpenIssuer(options.StateFolder, time), options, time);
    }

    /// <summary>The certificate of a state folder's authority, which is made where there is none; for whoever issues nothing.</summary>
    /// <exception cref="IOException">A file cannot be read or written, or is none of ours.</exception>
    public static X509Certificate2 OpenCertificate(string stateFolder, TimeProvider time)
    {
        using var issuer = OpenIssuer(stateFolder, time);
        return X509CertificateLoader.LoadCertificate(issuer.RawData);
    }

    /// <summary>A certificate for whoever holds the key of a signing request.</summary>
    /// <param name="request">What its holder asks for. The role is not his to choose.</param>
    /// <param name="role">What it is for.</param>
    public X509Certificate2 Issue(SigningRequest request, PeerRole role) => _certificates.Issue(new PeerSubject(request.Name, role), request.Key, request.Hosts);

    private static X509Certificate2 OpenIssuer(string stateFolder, TimeProvider time)
    {
        PrivateFile.CreateFolder(stateFolder);
        var folder = Path.Combine(stateFolder, Folder);
        if (!Directory.Exists(folder)) Make(folder, time);
        return Load(Path.Combine(folder, AuthorityFile));
    }

    private X509Certificate2 OpenServer()
    {
        var path = Path.Combine(_options.StateFolder, ServerFile);
        string[] hosts = [.. _options.HostNames, "localhost", "127.0.0.1", "::1"];
        if (File.Exists(path) && Load(path) is var kept && StillGood(kept)) return kept;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var issued = _certificates.Issue(new PeerSubject(ServerName, PeerRole.Coordinator), new PublicKey(key), hosts);
        PrivateFile.Write(path, CertificatePem.Of(issued, key));
        return Load(path);

        bool StillGood(X509Certificate2 certificate) =>
            TlsIdentity.ExpiresWithin(certificate, _options.RenewBefore, _time) is null
            && hosts.All(host => certificate.MatchesHostname(host))
            && new CertificateTrust([Certificate], _time).Problem(certificate, CertificateTrust.Server, PeerRole.Coordinator) is null;
    }

    private static void Make(string folder, TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var identity = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)); // two authorities are told apart by their names
        var request = new CertificateRequest($"CN=distributed authority {identity}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = time.GetUtcNow();
        using var made = request.CreateSelfSigned(now - CertificateIssuer.ClockTolerance, now + Lifetime);
        var temporary = $"{folder}.{Guid.NewGuid():N}.tmp";
        PrivateFile.CreateFolder(temporary);
        PrivateFile.Write(Path.Combine(temporary, AuthorityFile), CertificatePem.Of(made, key));
        PrivateFile.Write(Path.Combine(temporary, PublicFile), made.ExportCertificatePem() + "\n"); // for whoever brings certificates of his own
        try
        {
            Directory.Move(temporary, folder); // fails where there is one with files in it
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            Directory.Delete(temporary, recursive: true); // another process was first: its authority it is
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
