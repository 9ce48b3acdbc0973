using Distributed.Coordinator.Security;
using Distributed.Protocol.Security;

namespace Distributed.Cli.Service;

/// <summary>Files with a coordinator's certificate, as a replacement for its own certificate authority.</summary>
/// <param name="Certificate">Path of the certificate, for the role coordinator and the host names that workers connect to.</param>
/// <param name="Key">Path of the private key.</param>
/// <param name="Authorities">Path of the CA certificates that issue this certificate and those of workers.</param>
internal sealed record ServiceCertificates(string Certificate, string Key, string Authorities)
{
    /// <summary>Creates an instance from the options; null if none is given.</summary>
    /// <exception cref="UserErrorException">Some of the options are missing, or <c>--workers</c> is not given.</exception>
    public static ServiceCertificates? Of(string? certificate, string? key, string? authorities, bool forWorkers)
    {
        if ((certificate ?? key ?? authorities) is null) return null;
        if (certificate is null || key is null || authorities is null)
            throw new UserErrorException("--tls-certificate, --tls-key and --tls-ca go together. Give all three.");
        return forWorkers
            ? new ServiceCertificates(certificate, key, authorities)
            : throw new UserErrorException(
                "--tls-certificate, --tls-key and --tls-ca are for workers of other hosts. Add --workers host:port.");
    }

    /// <summary>Loads the files.</summary>
    /// <exception cref="IOException">A file is missing, or the key does not belong to the certificate.</exception>
    /// <exception cref="UserErrorException">The certificate is not valid for a coordinator.</exception>
    public ControlTls Open()
    {
        var tls = new ControlTls { Identity = TlsIdentity.Load(Certificate, Key, Authorities) };
        return tls.Validate(TimeProvider.System).ToArray() is { Length: > 0 } problems
            ? throw new UserErrorException($"--tls-certificate {Certificate}: {string.Join(' ', problems)}") : tls;
    }
}
