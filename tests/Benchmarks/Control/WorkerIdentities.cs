using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Distributed.Coordinator.Security;
using Distributed.Protocol.Security;

namespace Distributed.Benchmarks.Control;

/// <summary>
/// A key and a certificate for each worker, issued directly by the authority of the coordinator's state folder: enrolment of all workers
/// would take as long as the measurement.
/// </summary>
internal sealed class WorkerIdentities : IDisposable
{
    /// <summary>Issues the certificates.</summary>
    public WorkerIdentities(string state, int count)
    {
        var authority = CertificateAuthority.Open(new CertificateAuthorityOptions { StateFolder = state }, TimeProvider.System);
        All = [.. Enumerable.Range(0, count).Select(worker => Issue(authority, $"worker-{worker}"))];
    }

    /// <summary>Identities of worker-0, worker-1 and so on.</summary>
    public IReadOnlyList<TlsIdentity> All { get; }

    public void Dispose()
    {
        foreach (var identity in All) identity.Certificate.Dispose();
    }

    private static TlsIdentity Issue(CertificateAuthority authority, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = authority.Issue(new SigningRequest(name, new PublicKey(key), ["127.0.0.1"]), PeerRole.Worker);
        return new TlsIdentity { Certificate = certificate.CopyWithPrivateKey(key), Authorities = [authority.Certificate] };
    }
}
