namespace Distributed.Checkpoints.Stores;

/// <summary>That this process is the only one that saves into a store; disposing it ends that.</summary>
public interface IStoreClaim : IDisposable
{
    /// <summary>Why nothing can be changed through it any more; null while it stands. Looks at the disk, and may take as long as that.</summary>
    IOException? Lost { get; }
}
