using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Distributed.Protocol.Security;

namespace Distributed.Worker.Security;

/// <summary>How a caller makes sure whom it talks to, before it says anything that matters.</summary>
public static class CoordinatorTrust
{
    /// <summary>Shows a certificate to a coordinator that an authority of ours has certified as such, for the host that is called.</summary>
    public static SslClientAuthenticationOptions Authenticated(TlsIdentity identity, TimeProvider time)
    {
        var options = Certified(identity.Authorities, time);
        options.ClientCertificates = [identity.Certificate];
        options.LocalCertificateSelectionCallback = (_, _, _, _, _) => identity.Certificate;
        return options;
    }

    /// <summary>The same, without a certificate to show yet.</summary>
    public static SslClientAuthenticationOptions Certified(X509Certificate2Collection authorities, TimeProvider time)
    {
        var trust = new CertificateTrust(authorities, time);
        return new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            {
                var shown = certificate as X509Certificate2;
                var problem = trust.Problem(shown, CertificateTrust.Server, PeerRole.Coordinator);
                if (problem is null && errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) problem = $"the certificate of {shown!.Subject} is not for the host that was called";
                // What is thrown here reaches whoever called, with its words.
                return problem is null ? true : throw new AuthenticationException($"the coordinator is not to be trusted: {problem}");
            },
        };
    }

    /// <summary>Believes anybody, for asking what is checked by other means.</summary>
    public static SslClientAuthenticationOptions Anybody() => new() { RemoteCertificateValidationCallback = (_, _, _, _) => true };
}
