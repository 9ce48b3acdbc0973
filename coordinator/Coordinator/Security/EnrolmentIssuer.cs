using System.Security.Cryptography.X509Certificates;

namespace Distributed.Coordinator.Security;

/// <summary>Where newcomers come to certificates.</summary>
/// <param name="Authority">Issues them.</param>
/// <param name="Tokens">What they are issued for.</param>
public sealed record EnrolmentIssuer(CertificateAuthority Authority, JoinTokens Tokens)
{
    /// <summary>Authority and tokens in a state folder.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static EnrolmentIssuer Open(CertificateAuthorityOptions options, TimeProvider time) =>
        new(CertificateAuthority.Open(options, time), TokensOf(options.StateFolder, time));

    /// <summary>The tokens of a state folder, and the authority that they name; beside a coordinator that runs on the folder, or before it does.</summary>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static (X509Certificate2 Authority, JoinTokens Tokens) ForTokens(string stateFolder, TimeProvider time) =>
        (CertificateAuthority.OpenCertificate(stateFolder, time), TokensOf(stateFolder, time));

    private static JoinTokens TokensOf(string stateFolder, TimeProvider time) => new(new FileTokenStore(Path.Combine(stateFolder, "tokens")), time);
}
