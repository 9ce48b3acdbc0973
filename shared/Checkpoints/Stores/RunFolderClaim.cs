using System.Globalization;
using Distributed.Configuration;
using Distributed.Tensors.Files;

namespace Distributed.Checkpoints.Stores;

/// <summary>
/// One run at a time saves into a folder. Two things in it say which:
/// <code>
/// .lock                    locked by the process that saves here, and let go with it, however it ends
/// .owner-7-tiny-1-eb83     a link to the folder itself: the way by which epoch 7 of that run changes anything in it
/// </code>
/// A process of a fenced epoch may be stopped, or out of reach, and keep its lock. The next epoch then removes its link: every change that it
/// is about to make, it makes by a path which is there no more. The system looks a path up with the change itself, so that nothing
/// comes between. Where there are no symbolic links there is only the lock, and nobody takes over.
/// </summary>
internal sealed class RunFolderClaim : IStoreClaim
{
    private const string LockName = ".lock", LinkPrefix = ".owner-";

    private readonly string _root;
    private readonly string? _link;
    private FileStream? _lock;
    private (ulong, ulong) _locked; // the file's identity
    private bool _released;

    private RunFolderClaim(string root, FileStream? held, string? link) => (_root, _lock, _link) = (root, held, link);

    /// <summary>The path by which the folder is changed.</summary>
    public string Way => _link ?? _root;

    /// <inheritdoc/>
    public IOException? Lost => LostBecause(null);

    /// <summary>As <see cref="Lost"/>.</summary>
    /// <param name="cause">A change that failed; null for none.</param>
    public IOException? LostBecause(IOException? cause)
    {
        if (_released) return TakenOver(cause);
        if (!Directory.Exists(_root)) return Gone("removed or renamed", cause);
        if (_link is null || Path.Exists(_link)) return null;
        return IsTaken() ? TakenOver(cause) : Gone("emptied, or replaced by another", cause);
    }

    // A process that takes over puts its own link beside this one, and then its own file in place of the locked one. A folder that is being removed,
    // entry by entry, may have lost the link and still have the file.
    private bool IsTaken()
    {
        try
        {
            return Owners(_root).Length > 0 || FileStatus.Of(Path.Combine(_root, LockName)) is { Kind: not FileKind.Missing } there && there.Identity != _locked;
        }
        catch (DirectoryNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Takes a folder.</summary>
    /// <param name="root">Of the job's checkpoints; made if need be.</param>
    /// <param name="owner">Who takes it; null for whoever takes it over from nobody.</param>
    /// <exception cref="CheckpointException">Another run or a later epoch has it, or it cannot be written to.</exception>
    public static RunFolderClaim Take(string root, StoreOwner? owner)
    {
        var path = Path.Combine(root, LockName);
        try
        {
            Directory.CreateDirectory(root);
            var held = TryLock(path, out var problem);
            if (held is null && (owner is null || !Owners(root).Any(other => IsBefore(other, owner)))) throw Held(path, problem!.Message, problem);
            var claim = new RunFolderClaim(root, held, owner is null ? null : TryLink(root, owner));
            try
            {
                if (owner is not null) claim.Settle(owner, path);
                claim._locked = FileStatus.Of(path).Identity;
                return claim;
            }
            catch
            {
                claim.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path}: cannot be made: {e.Message} Choose a folder that this user may write to, on a disk with room (checkpoint.directory).", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _released = true;
        if (_link is not null) TryDelete(_link);
        _lock?.Dispose();
    }

    // Of two that come at once the one that made its link last sees the other's. With the lock in hand nobody else is alive.
    private void Settle(StoreOwner owner, string path)
    {
        foreach (var other in Owners(_root).Where(other => Link(_root, other) != _link))
        {
            if (other.Run == owner.Run && other.Epoch >= owner.Epoch) throw Held(path, $"Epoch {other.Epoch} of this run saves here, and this is epoch {owner.Epoch}.");
            if (_lock is null && !IsBefore(other, owner)) throw Held(path, $"{other.Run} has taken it.");
            File.Delete(Link(_root, other));
        }

        foreach (var unfinished in Directory.EnumerateFiles(_root, "*" + DiskWriter.PartialSuffix)) File.Delete(unfinished); // may be open still
        if (_lock is not null) return;
        File.Delete(path); // what is locked has no name from now on
        _lock = TryLock(path, out var problem) ?? throw Held(path, problem!.Message, problem);
    }

    private static FileStream? TryLock(string path, out IOException? problem)
    {
        problem = null;
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(path))
        {
            problem = e;
            return null;
        }
    }

    private static string? TryLink(string root, StoreOwner owner)
    {
        var link = Link(root, owner);
        try
        {
            File.Delete(link); // of a process that was killed
            File.CreateSymbolicLink(link, ".");
            return link;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            return null; // a file system without them
        }
    }

    private static void TryDelete(string link)
    {
        try
        {
            File.Delete(link);
        }
        catch (DirectoryNotFoundException)
        {
            // The folder is gone, and the link with it.
        }
    }

    private IOException TakenOver(IOException? cause) =>
        new($"{_root} is not this process's to change any more: it has let it go, or a later epoch of the run has taken it over.", cause);

    private FolderGoneException Gone(string how, IOException? cause) =>
        new($"{_root}: the folder of the run's checkpoints is gone: it was {how} while the run was saving into it. It is not made again, "
            + "so that no earlier epoch can save into it. Put it back and resume from it, or start the run again.", cause);

    private static string Link(string root, StoreOwner owner) =>
        Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"{LinkPrefix}{owner.Epoch}-{Uri.EscapeDataString(owner.Run)}"));

    private static StoreOwner[] Owners(string root) => [.. Directory.EnumerateFileSystemEntries(root, LinkPrefix + "*").Select(Path.GetFileName).Select(Owner!).OfType<StoreOwner>()];

    private static StoreOwner? Owner(string link) =>
        link[LinkPrefix.Length..].Split('-', 2) is [var epoch, var run] && long.TryParse(epoch, CultureInfo.InvariantCulture, out var number) ? new StoreOwner(Uri.UnescapeDataString(run), number) : null;

    private static bool IsBefore(StoreOwner other, StoreOwner owner) => other.Run == owner.Run && other.Epoch < owner.Epoch;

    private static CheckpointException Held(string path, string because, Exception? cause = null) =>
        new($"{path}: is held: {because} Another run saves into this folder: let it end, or choose another one (checkpoint.directory).", cause);
}
