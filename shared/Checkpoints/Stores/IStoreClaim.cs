namespace Distributed.Checkpoints.Stores;

/// <summary>The exclusive right of this process to save into a store; disposing it releases the right.</summary>
public interface IStoreClaim : IDisposable
{
    /// <summary>
    /// Why the store can no longer be changed under this claim; null while the claim is valid. Reads the disk, and so may block.
    /// </summary>
    IOException? Lost { get; }
}
