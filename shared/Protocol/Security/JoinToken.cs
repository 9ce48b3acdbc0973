using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Distributed.Protocol.Security;

/// <summary>
/// A token with which a joining worker obtains its certificate: a secret that is valid once, and the fingerprint of the authority that
/// issued the coordinator's certificate, so that the worker sends the secret to that coordinator only. The text form is
/// <c>djt1.fingerprint.secret</c>, both in base64url.
/// </summary>
/// <param name="Fingerprint">SHA-256 of the authority's certificate, in base64url.</param>
/// <param name="Secret">256 random bits, in base64url.</param>
public sealed record JoinToken(string Fingerprint, string Secret)
{
    private const string Prefix = "djt1";
    private const int Bytes = 32, Characters = 43;

    /// <summary>Creates a token.</summary>
    /// <param name="authority">Certificate of the coordinator's authority.</param>
    public static JoinToken Create(X509Certificate2 authority) =>
        new(FingerprintOf(authority), Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes)));

    /// <summary>Parses the text form; null if the text is not a token.</summary>
    public static JoinToken? TryParse(string text) =>
        text.Split('.') is [Prefix, var fingerprint, var secret] && IsPart(fingerprint) && IsPart(secret)
            ? new JoinToken(fingerprint, secret) : null;

    /// <summary>SHA-256 of a certificate, in base64url.</summary>
    public static string FingerprintOf(X509Certificate2 certificate) => Base64Url.EncodeToString(SHA256.HashData(certificate.RawData));

    /// <summary>
    /// SHA-256 of the secret in hexadecimal, which is stored in its place. The hash needs no salt: a secret of 256 random bits cannot be
    /// guessed.
    /// </summary>
    public string Hash() => Convert.ToHexStringLower(SHA256.HashData(Base64Url.DecodeFromChars(Secret)));

    /// <summary>The text form, for the joining worker.</summary>
    public string ToText() => $"{Prefix}.{Fingerprint}.{Secret}";

    /// <summary>The text form without the secret.</summary>
    public override string ToString() => $"{Prefix}.{Fingerprint}.…";

    private static bool IsPart(string text) => text.Length == Characters && Base64Url.IsValid(text, out var length) && length == Bytes;
}
