namespace Distributed.Checkpoints.Stores;

/// <summary>The run and epoch that save into a store.</summary>
/// <param name="Run">Identity of the run, the same in all of its epochs.</param>
/// <param name="Epoch">Epoch of the run's group; a later epoch takes the store over from an earlier one.</param>
public sealed record StoreOwner(string Run, long Epoch);
