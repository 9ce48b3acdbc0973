namespace Distributed.Coordinator.Security;

/// <summary>
/// Stores join tokens. Safe for several threads and processes at once.
/// <list type="number">
/// <item>A token survives the process once <see cref="Add"/> has returned.</item>
/// <item><see cref="TryUse"/> is atomic: only one call for a token ever returns true.</item>
/// <item><see cref="Prune"/> removes only whole tokens. A removed token is unknown, never unused.</item>
/// </list>
/// </summary>
public interface ITokenStore
{
    /// <summary>Stores a new token.</summary>
    void Add(StoredToken token);

    /// <summary>Finds the token with a hash, including its use; null if there is none.</summary>
    StoredToken? Find(string hash);

    /// <summary>Marks a token as used.</summary>
    /// <returns>Whether the token exists and was unused.</returns>
    bool TryUse(string hash, DateTimeOffset at, string by);

    /// <summary>Removes the tokens that expired before a time.</summary>
    void Prune(DateTimeOffset before);
}
