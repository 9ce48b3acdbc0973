using System.Security.Cryptography.X509Certificates;
using Distributed.Protocol.Security;

namespace Distributed.Coordinator.Security;

/// <summary>Tokens to join with: each good once, until it expires. Only hashes of them are kept.</summary>
public sealed class JoinTokens(ITokenStore store, TimeProvider time)
{
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(7); // beyond expiry, so that its holder is told more than that it is unknown

    /// <summary>A new one.</summary>
    /// <param name="authority">Of the coordinator that will be joined.</param>
    /// <param name="request">What it is good for.</param>
    /// <exception cref="ArgumentException">The request is out of range.</exception>
    public JoinToken Create(X509Certificate2 authority, JoinTokenRequest request)
    {
        var errors = request.Validate().ToArray();
        if (errors.Length > 0) throw new ArgumentException(string.Join(' ', errors), nameof(request));
        var now = time.GetUtcNow();
        store.Prune(now - Remembered);
        var token = JoinToken.Create(authority);
        store.Add(new StoredToken { Hash = token.Hash(), Role = request.Role, Name = request.Name, Created = now, Expires = now + request.TimeToLive });
        return token;
    }

    /// <summary>Uses a token up.</summary>
    /// <typeparam name="T">What it is good for.</typeparam>
    /// <param name="text">As shown.</param>
    /// <param name="name">Of whoever shows it.</param>
    /// <param name="issue">Makes what it is good for; where it throws, the token is still good.</param>
    /// <param name="roles">Roles of which the caller needs one; null or empty for any.</param>
    /// <exception cref="JoinTokenException">It is not accepted.</exception>
    /// <exception cref="JoinTokenRoleException">It is for another role; it is still good.</exception>
    public T Redeem<T>(string text, string name, Func<StoredToken, T> issue, IReadOnlyList<PeerRole>? roles = null)
    {
        if (JoinToken.TryParse(text) is not { } token) throw new JoinTokenException("this is no join token; it is the whole text that `token create` prints");
        if (store.Find(token.Hash()) is not { } known) throw new JoinTokenException("this join token is not known here; it may be another coordinator's, or long expired");
        if (known.Used is not null) throw Used(known);
        var now = time.GetUtcNow();
        if (now >= known.Expires) throw new JoinTokenException($"this join token expired on {Text(known.Expires)}; make another with `token create`");
        if (known.Name is not null && known.Name != name) throw new JoinTokenException($"this join token is for {known.Name}, not for {name}");
        if (roles is { Count: > 0 } && !roles.Contains(known.Role))
            throw new JoinTokenRoleException($"this join token is for the role {PeerSubject.Text(known.Role)}, and {string.Join(" or ", roles.Select(PeerSubject.Text))} is needed here; it was not used: make another with `token create --role {PeerSubject.Text(roles[0])}`");
        var issued = issue(known);
        return store.TryUse(known.Hash, now, name) ? issued : throw Used(store.Find(known.Hash) ?? known);
    }

    private static JoinTokenException Used(StoredToken token) =>
        new($"this join token was used already{(token.Used is { } at ? $", on {Text(at)} by {token.UsedBy}" : "")}; it is good once: make another with `token create`");

    private static string Text(DateTimeOffset time) => $"{time.UtcDateTime:yyyy-MM-dd HH:mm} UTC";
}
