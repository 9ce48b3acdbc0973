namespace Distributed.Checkpoints.Stores;

/// <summary>
/// The folder that a process claimed was removed, renamed or replaced. It is not made again: a process of an earlier epoch, whose way to the
/// folder is a path in it, could then save there too.
/// </summary>
public sealed class FolderGoneException(string message, Exception? cause = null) : IOException(message, cause);
