using Distributed.Tensors.Files;

namespace Distributed.Checkpoints.Stores;

/// <summary>
/// Where a job's checkpoints lie: folders of files, and files beside them (folder <c>""</c>), one root for each store. It knows nothing of
/// what they mean; what makes a save whole or nothing is built on these promises:
/// <list type="number">
/// <item><see cref="Put"/>: a file is there when it is complete, and then survives a power cut; until then one that had its name is.</item>
/// <item><see cref="Commit"/>: from one moment to the next a folder's files are those of the other; nobody ever sees some of each.</item>
/// <item><see cref="Delete"/>: from one moment to the next the folder is not there; no half of it ever has its name.</item>
/// <item>A call that fails has changed nothing that these promises speak of, and can be made again. A process that ends between or
/// within calls leaves what they promise.</item>
/// <item>Nothing is made that was not asked for: a file is never put into a folder that is gone.</item>
/// </list>
/// Every refusal is an <see cref="IOException"/> whose message says why. Safe for several threads and processes.
/// </summary>
public interface ICheckpointStore
{
    /// <summary>What a folder or a file is called in messages: a path, or an address.</summary>
    /// <param name="folder">A name; empty for the root.</param>
    /// <param name="file">A name; empty for the folder itself.</param>
    string PathOf(string folder, string file = "");

    /// <summary>Room left, in bytes; null where nobody knows.</summary>
    long? FreeBytes { get; }

    /// <summary>Names of all folders, in any order; none where the root was never made.</summary>
    IReadOnlyList<string> Folders();

    /// <summary>Whether there is such a folder, or such a file in it.</summary>
    bool Holds(string folder, string file = "");

    /// <summary>Makes a folder without files, and the root if need be; survives a power cut.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    void Create(string folder);

    /// <summary>Begins a file; one of that name is replaced by its completion.</summary>
    /// <param name="folder">Where to; empty for the root.</param>
    /// <param name="file">Its name.</param>
    /// <param name="length">Its bytes.</param>
    /// <exception cref="DirectoryNotFoundException">The folder is gone.</exception>
    /// <exception cref="IOException">There is no room, or it cannot be written to.</exception>
    IWritableFile Put(string folder, string file, long length);

    /// <summary>Opens a file for reading by range.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    IReadableFile Open(string folder, string file);

    /// <summary>Gives a folder another name; one that had it is replaced. Survives a power cut.</summary>
    /// <exception cref="IOException">It cannot be done, or the folder is gone.</exception>
    void Commit(string unfinished, string committed);

    /// <summary>Removes a folder, or one file of it; nothing where there is none.</summary>
    /// <param name="folder">Its name; empty for the root, of which only files are removed.</param>
    /// <param name="file">A name; empty for the folder itself.</param>
    /// <exception cref="IOException">Something of it could not be removed; if it is no longer there under its name, <see cref="Folders"/> names what is left.</exception>
    void Delete(string folder, string file = "");

    /// <summary>
    /// Makes this process the only one that saves here, until the result is disposed of or the process ends.
    /// <list type="number">
    /// <item>A later epoch of a run takes over from an earlier one that has it still: whoever plans epochs has given that one up.</item>
    /// <item>Who has lost it so, or let it go, changes nothing here any more, whatever it was about to do: every such call on its store is
    /// refused. At most it leaves an unfinished folder that is empty.</item>
    /// <item>Where the store's root was removed, renamed or replaced, every change is refused with a <see cref="FolderGoneException"/>, and the root is not
    /// made again.</item>
    /// <item>Everybody else is refused as long as another has it.</item>
    /// </list>
    /// </summary>
    /// <param name="owner">Who saves; null takes over from nobody, and nobody takes over from it.</param>
    /// <exception cref="CheckpointException">Another has it, or it cannot be written to.</exception>
    IStoreClaim Claim(StoreOwner? owner = null);
}
