using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Distributed.Configuration;
using Distributed.Protocol.Security;

namespace Distributed.Worker.Security;

/// <summary>A folder with a worker's key, its certificate and the authorities that it trusts; accessible to its owner only.</summary>
/// <param name="path">Path of the folder; created if it does not exist.</param>
public sealed class IdentityFolder(string path)
{
    private string Identity => Path.Combine(path, "identity.pem");

    private string Authorities => Path.Combine(path, "authorities.pem");

    /// <summary>Whether the folder contains an identity.</summary>
    public bool Exists => File.Exists(Identity) && File.Exists(Authorities);

    /// <summary>Loads the identity.</summary>
    /// <exception cref="IOException">The folder contains no identity, or it cannot be read.</exception>
    public TlsIdentity Load()
    {
        FileStatus.RefuseSpecial(Identity);
        FileStatus.RefuseSpecial(Authorities);
        return TlsIdentity.Load(Identity, Identity, Authorities);
    }

    /// <summary>Saves an identity and replaces an existing one.</summary>
    /// <exception cref="IOException">The identity cannot be written.</exception>
    public void Save(X509Certificate2 certificate, ECDsa key, X509Certificate2Collection authorities)
    {
        PrivateFile.CreateFolder(path);
        PrivateFile.Write(Authorities, authorities.ExportCertificatePems() + "\n");
        // Written last, so that Exists is false until the identity is complete.
        PrivateFile.Write(Identity, $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
    }
}
