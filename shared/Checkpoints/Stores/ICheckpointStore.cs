using Distributed.Tensors.Files;

namespace Distributed.Checkpoints.Stores;

/// <summary>
/// The storage of a job's checkpoints: folders of files, and files beside the folders (folder <c>""</c>), with one root for each store. A
/// store does not interpret the files. The atomicity of a save is built on these guarantees:
/// <list type="number">
/// <item><see cref="Put"/>: a file appears only when it is complete, and then survives a power failure. Until then the previous file of
/// that name stays.</item>
/// <item><see cref="Commit"/>: the replacement of a folder is atomic. A reader sees the old files or the new files, never a mixture.</item>
/// <item><see cref="Delete"/>: the removal of a folder's name is atomic. A partly removed folder never has its name.</item>
/// <item>A call that fails has changed nothing that these guarantees cover, and can be repeated. They hold also if a process ends between
/// or within calls.</item>
/// <item>Only <see cref="Create"/> creates folders: a file is never put into a folder that no longer exists.</item>
/// </list>
/// Every refusal is an <see cref="IOException"/> whose message has the reason. Safe for several threads and processes.
/// </summary>
public interface ICheckpointStore
{
    /// <summary>The name of a folder or a file in messages: a path or an address.</summary>
    /// <param name="folder">Name of the folder; empty for the root.</param>
    /// <param name="file">Name of the file; empty for the folder itself.</param>
    string PathOf(string folder, string file = "");

    /// <summary>Free space in bytes; null if unknown.</summary>
    long? FreeBytes { get; }

    /// <summary>Names of all folders, in any order; none if the root does not exist.</summary>
    IReadOnlyList<string> Folders();

    /// <summary>Whether a folder, or a file in it, exists.</summary>
    bool Exists(string folder, string file = "");

    /// <summary>Creates an empty folder, and the root if it does not exist. The folder survives a power failure.</summary>
    /// <exception cref="IOException">The folder cannot be created.</exception>
    void Create(string folder);

    /// <summary>Begins a file. Its completion replaces a file of that name.</summary>
    /// <param name="folder">Name of the folder; empty for the root.</param>
    /// <param name="file">Name of the file.</param>
    /// <param name="length">Length of the file in bytes.</param>
    /// <exception cref="DirectoryNotFoundException">The folder no longer exists.</exception>
    /// <exception cref="IOException">The disk is full, or the file cannot be written.</exception>
    IWritableFile Put(string folder, string file, long length);

    /// <summary>Opens a file for reading by range.</summary>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    IReadableFile Open(string folder, string file);

    /// <summary>Renames a folder, and replaces a folder that has the new name. The new name survives a power failure.</summary>
    /// <param name="unfinished">Current name of the folder.</param>
    /// <param name="committed">New name of the folder.</param>
    /// <exception cref="IOException">The folder no longer exists or cannot be renamed.</exception>
    void Commit(string unfinished, string committed);

    /// <summary>Removes a folder or one of its files. Does nothing if it does not exist.</summary>
    /// <param name="folder">Name of the folder; empty for the root, of which only files are removed.</param>
    /// <param name="file">Name of the file; empty for the folder itself.</param>
    /// <exception cref="IOException">
    /// The folder or file could not be removed completely. If the folder no longer has its name, <see cref="Folders"/> lists the rest.
    /// </exception>
    void Delete(string folder, string file = "");

    /// <summary>
    /// Makes this process the only one that saves into this store, until the claim is disposed or the process ends.
    /// <list type="number">
    /// <item>A later epoch of a run takes over from an earlier epoch that still holds the claim: the coordinator has given the earlier
    /// epoch up.</item>
    /// <item>A process whose claim was taken over or released can no longer change the store: every such call is refused, also one that was
    /// in progress. At most it leaves an unfinished, empty folder.</item>
    /// <item>If the store's root was removed, renamed or replaced, every change is refused with a <see cref="FolderMissingException"/>, and
    /// the root is not created again.</item>
    /// <item>Every other process is refused while the claim is held.</item>
    /// </list>
    /// </summary>
    /// <param name="owner">The run and epoch that save; a claim with null takes over no other claim and is never taken over.</param>
    /// <exception cref="CheckpointException">Another process holds the claim, or the root cannot be written to.</exception>
    IStoreClaim Claim(StoreOwner? owner = null);
}
