namespace Distributed.Checkpoints.Stores;

/// <summary>
/// The folder that a process claimed was removed, renamed or replaced. It is not created again: a process of an earlier epoch, which
/// changes the folder by a path inside it, could then save there too.
/// </summary>
public sealed class FolderMissingException(string message, Exception? cause = null) : IOException(message, cause);
