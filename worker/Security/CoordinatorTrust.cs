using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Distributed.Protocol.Security;

namespace Distributed.Worker.Security;

/// <summary>Creates the TLS settings with which a client verifies the coordinator before it sends anything confidential.</summary>
public static class CoordinatorTrust
{
    /// <summary>
    /// Presents a certificate, and accepts only a coordinator whose certificate is from a trusted authority, for the role coordinator and
    /// for the host of the address.
    /// </summary>
    public static SslClientAuthenticationOptions Authenticated(TlsIdentity identity, TimeProvider time)
    {
        var options = Certified(identity.Authorities, time);
        options.ClientCertificates = [identity.Certificate];
        options.LocalCertificateSelectionCallback = (_, _, _, _, _) => identity.Certificate;
        return options;
    }

    /// <summary>The same, without a client certificate.</summary>
    public static SslClientAuthenticationOptions Certified(X509Certificate2Collection authorities, TimeProvider time)
    {
        var trust = new CertificateTrust(authorities, time);
        return new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            {
                var shown = certificate as X509Certificate2;
                var problem = trust.Problem(shown, CertificateTrust.Server, PeerRole.Coordinator);
                if (problem is null && errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
                    problem = $"the certificate of {shown!.Subject} is not valid for the called host";
                // An exception here reaches the caller with its message.
                return problem is null ? true : throw new AuthenticationException($"the coordinator is not trusted: {problem}");
            },
        };
    }

    /// <summary>Accepts any certificate, for requests whose answer is verified by other means.</summary>
    public static SslClientAuthenticationOptions AnyServer() => new() { RemoteCertificateValidationCallback = (_, _, _, _) => true };
}
