using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;

namespace Distributed.Training.Checkpointing;

/// <summary>The folder that a run saves into. Rank 0 holds the claim on it until this object is disposed.</summary>
/// <param name="store">The store of the run's checkpoints.</param>
/// <param name="results">Exchanges the results of all ranks.</param>
/// <param name="owner">The run and epoch that claim the folder; with null, no later epoch may take it over.</param>
internal sealed class RunFolder(ICheckpointStore store, CollectiveResults results, StoreOwner? owner) : IDisposable
{
    private IStoreClaim? _claim;
    private Task<IOException?> _check = Task.FromResult<IOException?>(null);

    /// <summary>
    /// Makes this the only run that saves into the folder, until it ends or a later epoch of it takes over. One all-gather: every rank must
    /// call it.
    /// </summary>
    /// <param name="others">Policy for checkpoints of other runs in the folder.</param>
    /// <param name="identity">Identity of this run in its manifests.</param>
    /// <exception cref="CheckpointException">
    /// Another run saves into the folder, checkpoints of other runs are refused, or the folder is not writable.
    /// </exception>
    public void Claim(OtherRuns others = OtherRuns.Leave, string? identity = null) => results.FromRankZero(() =>
    {
        _claim = store.Claim(owner);
        if (others == OtherRuns.Refuse) CheckpointRuns.RequireNone(CheckpointRuns.NotOf(store, identity));
        else if (others == OtherRuns.Remove) CheckpointRuns.Remove(store, CheckpointRuns.NotOf(store, identity));
        return true;
    });

    /// <summary>
    /// Whether the folder that this rank claimed no longer exists; false on ranks that claimed none. Each call starts a check in the
    /// background and returns the result of the previous check, so a store that does not answer delays no step. Exchanges nothing.
    /// </summary>
    public bool IsMissing()
    {
        if (_claim is not { } claim || !_check.IsCompleted) return false;
        if (_check.Result is FolderMissingException) return true;
        _check = Task.Run(() => claim.Lost);
        return false;
    }

    /// <summary>
    /// Ends a run whose folder no longer exists. One all-gather: every rank must call it, once any rank has found the folder missing.
    /// </summary>
    /// <exception cref="CheckpointException">Always, the same on every rank.</exception>
    public void ThrowMissing() =>
        results.FromAll(() => IsMissing() ? throw new CheckpointException(_check.Result!.Message, _check.Result) : true);

    /// <summary>Releases the claim. No save may be in progress.</summary>
    public void Dispose() => _claim?.Dispose();
}
