using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Distributed.Protocol.Security;

/// <summary>
/// What a newcomer is given to join with: a secret that is good once, and the fingerprint of the authority whose certificate the
/// coordinator shows, so that the newcomer tells the secret to nobody else. As text <c>djt1.fingerprint.secret</c>, both in base64url.
/// </summary>
/// <param name="Fingerprint">SHA-256 of the authority's certificate, in base64url.</param>
/// <param name="Secret">256 random bits, in base64url.</param>
public sealed record JoinToken(string Fingerprint, string Secret)
{
    private const string Prefix = "djt1";
    private const int Bytes = 32, Characters = 43;

    /// <summary>A new one.</summary>
    /// <param name="authority">Of the coordinator.</param>
    public static JoinToken Create(X509Certificate2 authority) => new(FingerprintOf(authority), Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes)));

    /// <summary>From text; null where it is none.</summary>
    public static JoinToken? TryParse(string text) =>
        text.Split('.') is [Prefix, var fingerprint, var secret] && IsPart(fingerprint) && IsPart(secret) ? new JoinToken(fingerprint, secret) : null;

    /// <summary>What identifies a certificate.</summary>
    public static string FingerprintOf(X509Certificate2 certificate) => Base64Url.EncodeToString(SHA256.HashData(certificate.RawData));

    /// <summary>What is stored in place of the secret, in hexadecimal. The secret has 256 bits: nobody finds it by trying, and so it needs no salt.</summary>
    public string Hash() => Convert.ToHexStringLower(SHA256.HashData(Base64Url.DecodeFromChars(Secret)));

    /// <summary>The text that a newcomer is given.</summary>
    public string ToText() => $"{Prefix}.{Fingerprint}.{Secret}";

    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{Prefix}.{Fingerprint}.…";

    private static bool IsPart(string text) => text.Length == Characters && Base64Url.IsValid(text, out var length) && length == Bytes;
}
