namespace Distributed.Coordinator.Security;

/// <summary>
/// Keeps join tokens, for several threads and processes at once.
/// <list type="number">
/// <item>What <see cref="Add"/> has returned from survives the process.</item>
/// <item><see cref="TryUse"/> is atomic: of several calls for a token one is told true, ever.</item>
/// <item><see cref="Prune"/> removes whole tokens only; one that is gone is unknown, never unused.</item>
/// </list>
/// </summary>
public interface ITokenStore
{
    /// <summary>Keeps a new one.</summary>
    void Add(StoredToken token);

    /// <summary>The one with a hash, with its use; null where there is none.</summary>
    StoredToken? Find(string hash);

    /// <summary>Notes that one was used.</summary>
    /// <returns>Whether it had not been.</returns>
    bool TryUse(string hash, DateTimeOffset at, string by);

    /// <summary>Removes those that expired before a time.</summary>
    void Prune(DateTimeOffset before);
}
