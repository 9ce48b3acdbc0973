using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Distributed.Configuration;
using Distributed.Protocol.Security;

namespace Distributed.Worker.Security;

/// <summary>A folder in which a worker keeps its key, its certificate and whose certificates it believes; its owner's alone.</summary>
/// <param name="path">The folder; made where there is none.</param>
public sealed class IdentityFolder(string path)
{
    private string Identity => Path.Combine(path, "identity.pem");

    private string Authorities => Path.Combine(path, "authorities.pem");

    /// <summary>Whether it holds an identity.</summary>
    public bool IsThere => File.Exists(Identity) && File.Exists(Authorities);

    /// <summary>What it holds.</summary>
    /// <exception cref="IOException">It holds none, or cannot be read.</exception>
    public TlsIdentity Load()
    {
        FileStatus.RefuseSpecial(Identity);
        FileStatus.RefuseSpecial(Authorities);
        return TlsIdentity.Load(Identity, Identity, Authorities);
    }

    /// <summary>Keeps an identity, in place of one that is there.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Save(X509Certificate2 certificate, ECDsa key, X509Certificate2Collection authorities)
    {
        PrivateFile.CreateFolder(path);
        PrivateFile.Write(Authorities, authorities.ExportCertificatePems() + "\n");
        PrivateFile.Write(Identity, $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n"); // last: it is what makes it whole
    }
}
