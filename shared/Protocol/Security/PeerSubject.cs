using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;

namespace Distributed.Protocol.Security;

/// <summary>The subject of a peer's certificate: <c>CN=worker-3, OU=worker</c>.</summary>
/// <param name="Name">Name of the peer.</param>
/// <param name="Role">Role of the peer; null if the certificate has no known role.</param>
public sealed partial record PeerSubject(string Name, PeerRole? Role)
{
    private const string CommonName = "2.5.4.3", OrganizationalUnit = "2.5.4.11";

    /// <summary>The subject of a certificate.</summary>
    /// <param name="certificate">The certificate.</param>
    public static PeerSubject Of(X509Certificate2 certificate)
    {
        var (name, role) = ("", (PeerRole?)null);
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames().Where(part => !part.HasMultipleElements))
        {
            if (part.GetSingleElementType().Value == CommonName) name = part.GetSingleElementValue() ?? "";
            if (part.GetSingleElementType().Value == OrganizationalUnit) role = RoleOf(part.GetSingleElementValue());
        }

        return new PeerSubject(name, role);
    }

    /// <summary>The role with a name in certificates; null if there is none.</summary>
    public static PeerRole? RoleOf(string? text) =>
        Enum.GetValues<PeerRole>().Cast<PeerRole?>().FirstOrDefault(role => Text(role!.Value) == text);

    /// <summary>The name of a role in certificates.</summary>
    public static string Text(PeerRole role) => role.ToString().ToLowerInvariant();

    /// <summary>Whether a certificate may have a name: 1 to 64 letters, digits, dots, dashes and underscores.</summary>
    public static bool IsName(string name) => Names().IsMatch(name);

    /// <summary>Converts to the subject of a certificate.</summary>
    /// <exception cref="InvalidOperationException"><see cref="Role"/> is null.</exception>
    public X500DistinguishedName ToDistinguishedName()
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddCommonName(Name);
        builder.AddOrganizationalUnitName(Text(Role ?? throw new InvalidOperationException("The subject of a certificate needs a role.")));
        return builder.Build();
    }

    [GeneratedRegex("^[A-Za-z0-9._-]{1,64}$")]
    private static partial Regex Names();
}
