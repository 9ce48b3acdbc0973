using System.Security.Cryptography.X509Certificates;
using Distributed.Protocol.Security;

namespace Distributed.Coordinator.Security;

/// <summary>Join tokens, each valid for one use until it expires. Only their hashes are stored.</summary>
public sealed class JoinTokens(ITokenStore store, TimeProvider time)
{
    // How long an expired token is kept, so that the refusal can state that it expired.
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(7);

    /// <summary>Creates a token.</summary>
    /// <param name="authority">Certificate of the coordinator's authority.</param>
    /// <param name="request">Role, lifetime and name of the token.</param>
    /// <exception cref="ArgumentException">The request is out of range.</exception>
    public JoinToken Create(X509Certificate2 authority, JoinTokenRequest request)
    {
        var errors = request.Validate().ToArray();
        if (errors.Length > 0) throw new ArgumentException(string.Join(' ', errors), nameof(request));
        var now = time.GetUtcNow();
        store.Prune(now - Remembered);
        var token = JoinToken.Create(authority);
        store.Add(new StoredToken
        {
            Hash = token.Hash(), Role = request.Role, Name = request.Name, Created = now, Expires = now + request.TimeToLive
        });
        return token;
    }

    /// <summary>Redeems a token.</summary>
    /// <typeparam name="T">Result of <paramref name="issue"/>.</typeparam>
    /// <param name="text">The token as the caller presented it.</param>
    /// <param name="name">Name of the caller.</param>
    /// <param name="issue">Creates what the token entitles to. If it throws, the token remains valid.</param>
    /// <param name="roles">Roles of which the caller needs one; null or empty for any.</param>
    /// <exception cref="JoinTokenException">The token is malformed, unknown, used, expired, or for another name.</exception>
    /// <exception cref="JoinTokenRoleException">The token is for another role. It remains valid.</exception>
    public T Redeem<T>(string text, string name, Func<StoredToken, T> issue, IReadOnlyList<PeerRole>? roles = null)
    {
        if (JoinToken.TryParse(text) is not { } token)
            throw new JoinTokenException("this is not a join token: give the whole text that `token create` prints");
        if (store.Find(token.Hash()) is not { } known)
            throw new JoinTokenException(
                "this join token is unknown to this coordinator; it may be another coordinator's, or long expired");
        if (known.Used is not null) throw Used(known);
        var now = time.GetUtcNow();
        if (now >= known.Expires)
            throw new JoinTokenException($"this join token expired on {Text(known.Expires)}: create another with `token create`");
        if (known.Name is not null && known.Name != name)
            throw new JoinTokenException($"this join token is for {known.Name}, not for {name}");
        if (roles is { Count: > 0 } && !roles.Contains(known.Role))
        {
            throw new JoinTokenRoleException(
                $"this join token is for the role {PeerSubject.Text(known.Role)}, but "
                    + $"{string.Join(" or ", roles.Select(PeerSubject.Text))} is required; "
                + $"it was not used: create another with `token create --role {PeerSubject.Text(roles[0])}`");
        }

        var issued = issue(known);
        return store.TryUse(known.Hash, now, name) ? issued : throw Used(store.Find(known.Hash) ?? known);
    }

    private static JoinTokenException Used(StoredToken token) =>
        new($"this join token was used already{(token.Used is { } at ? $", on {Text(at)} by {token.UsedBy}" : "")}; "
            + "it is valid for one use: create another with `token create`");

    private static string Text(DateTimeOffset time) => $"{time.UtcDateTime:yyyy-MM-dd HH:mm} UTC";
}
