using System.Security.Cryptography.X509Certificates;

namespace Distributed.Coordinator.Security;

/// <summary>Issues certificates to joining peers.</summary>
/// <param name="Authority">Issues the certificates.</param>
/// <param name="Tokens">Join tokens, each of which entitles its holder to one certificate.</param>
public sealed record EnrolmentIssuer(CertificateAuthority Authority, JoinTokens Tokens)
{
    /// <summary>Opens the authority and the tokens of a state folder.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static EnrolmentIssuer Open(CertificateAuthorityOptions options, TimeProvider time) =>
        new(CertificateAuthority.Open(options, time), TokensOf(options.StateFolder, time));

    /// <summary>
    /// Opens the tokens of a state folder and the certificate of the authority that they name. A coordinator may run on the folder or not.
    /// </summary>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static (X509Certificate2 Authority, JoinTokens Tokens) ForTokens(string stateFolder, TimeProvider time) =>
        (CertificateAuthority.OpenCertificate(stateFolder, time), TokensOf(stateFolder, time));

    private static JoinTokens TokensOf(string stateFolder, TimeProvider time) =>
        new(new FileTokenStore(Path.Combine(stateFolder, "tokens")), time);
}
