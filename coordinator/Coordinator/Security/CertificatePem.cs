using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Distributed.Coordinator.Security;

/// <summary>Writes a certificate and its key as one text, so that one file holds both or neither.</summary>
internal static class CertificatePem
{
    public static string Of(X509Certificate2 certificate, ECDsa key) =>
        $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n";
}
