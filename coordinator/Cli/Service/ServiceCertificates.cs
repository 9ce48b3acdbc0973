using Distributed.Coordinator.Security;
using Distributed.Protocol.Security;

namespace Distributed.Cli.Service;

/// <summary>Files in which a coordinator's certificate comes, in place of an authority of its own.</summary>
/// <param name="Certificate">For the role coordinator and the names by which workers call it.</param>
/// <param name="Key">Its key.</param>
/// <param name="Authorities">Of those who issue the workers' certificates and this one.</param>
internal sealed record ServiceCertificates(string Certificate, string Key, string Authorities)
{
    /// <summary>From the options; null where none is given.</summary>
    /// <exception cref="UserErrorException">Some are missing, or there is nobody to show them to.</exception>
    public static ServiceCertificates? Of(string? certificate, string? key, string? authorities, bool forWorkers)
    {
        if ((certificate ?? key ?? authorities) is null) return null;
        if (certificate is null || key is null || authorities is null) throw new UserErrorException("--tls-certificate, --tls-key and --tls-ca go together; give all three.");
        return forWorkers ? new ServiceCertificates(certificate, key, authorities) : throw new UserErrorException("--tls-certificate, --tls-key and --tls-ca are for --workers host:port; give that too.");
    }

    /// <summary>What they hold.</summary>
    /// <exception cref="IOException">A file is missing, or the key is not the certificate's.</exception>
    /// <exception cref="UserErrorException">No worker would accept it.</exception>
    public ControlTls Open()
    {
        var tls = new ControlTls { Identity = TlsIdentity.Load(Certificate, Key, Authorities) };
        return tls.Validate(TimeProvider.System).ToArray() is { Length: > 0 } problems ? throw new UserErrorException($"--tls-certificate {Certificate}: {string.Join(' ', problems)}") : tls;
    }
}
