namespace Distributed.Checkpoints.Stores;

/// <summary>Who saves into a store.</summary>
/// <param name="Run">The run, one and the same through all of its epochs.</param>
/// <param name="Epoch">Of its group: a later one takes the store over from an earlier one.</param>
public sealed record StoreOwner(string Run, long Epoch);
