using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;

namespace Distributed.Protocol.Security;

/// <summary>Whom a certificate is for: <c>CN=worker-3, OU=worker</c>.</summary>
/// <param name="Name">What the peer is called.</param>
/// <param name="Role">What it may do; null where the certificate names none that is known.</param>
public sealed partial record PeerSubject(string Name, PeerRole? Role)
{
    private const string CommonName = "2.5.4.3", OrganizationalUnit = "2.5.4.11";

    /// <summary>As in its subject.</summary>
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

    /// <summary>A role by its name in a certificate; null where there is no such role.</summary>
    public static PeerRole? RoleOf(string? text) => Enum.GetValues<PeerRole>().Cast<PeerRole?>().FirstOrDefault(role => Text(role!.Value) == text);

    /// <summary>A role as a certificate names it.</summary>
    public static string Text(PeerRole role) => role.ToString().ToLowerInvariant();

    /// <summary>Whether certificates are issued for a name: 1 to 64 letters, digits, dots, dashes and underscores.</summary>
    public static bool IsName(string name) => Names().IsMatch(name);

    /// <summary>The subject of a certificate.</summary>
    /// <exception cref="InvalidOperationException">There is no role.</exception>
    public X500DistinguishedName ToDistinguishedName()
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddCommonName(Name);
        builder.AddOrganizationalUnitName(Text(Role ?? throw new InvalidOperationException("A certificate names a role.")));
        return builder.Build();
    }

    [GeneratedRegex("^[A-Za-z0-9._-]{1,64}$")]
    private static partial Regex Names();
}
