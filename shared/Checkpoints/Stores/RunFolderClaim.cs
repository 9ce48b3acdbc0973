using System.Globalization;
using Distributed.Configuration;
using Distributed.Tensors.Files;

namespace Distributed.Checkpoints.Stores;

/// <summary>
/// The exclusive right of one run to save into a folder. Two entries in the folder represent it:
/// <code>
/// .lock                    locked by the process that saves here; the system releases it when the process ends
/// .owner-7-tiny-1-eb83     a link to the folder itself: epoch 7 of that run makes every change by a path through this link
/// </code>
/// A process of a fenced epoch may be stopped or unreachable, and still hold its lock. The next epoch then removes its link, so that every
/// change that the process still tries fails: its path no longer exists. The system resolves a path and makes the change in one call, so
/// there is no race. On file systems without symbolic links there is only the lock, and no epoch can take over.
/// </summary>
internal sealed class RunFolderClaim : IStoreClaim
{
    private const string LockName = ".lock", LinkPrefix = ".owner-";

    private readonly string _root;
    private readonly string? _link;
    private FileStream? _lock;
    private (ulong, ulong) _locked; // identity of the lock file
    private bool _released;

    private RunFolderClaim(string root, FileStream? held, string? link) => (_root, _lock, _link) = (root, held, link);

    /// <summary>The path through which the folder is changed.</summary>
    public string ClaimedPath => _link ?? _root;

    /// <inheritdoc/>
    public IOException? Lost => LostBecause(null);

    /// <summary>As <see cref="Lost"/>, with an inner exception.</summary>
    /// <param name="cause">The error of the change that failed; null for none.</param>
    public IOException? LostBecause(IOException? cause)
    {
        if (_released) return TakenOver(cause);
        if (!Directory.Exists(_root)) return FolderMissing("removed or renamed", cause);
        if (_link is null || Path.Exists(_link)) return null;
        return IsTaken() ? TakenOver(cause) : FolderMissing("emptied, or replaced by another", cause);
    }

    // A process that takes over first creates its own link, then replaces the lock file by its own. A folder that is being removed entry by
    // entry may have lost the link and still have the lock file.
    private bool IsTaken()
    {
        try
        {
            return Owners(_root).Length > 0
                || FileStatus.Of(Path.Combine(_root, LockName)) is { Kind: not FileKind.Missing } there && there.Identity != _locked;
        }
        catch (DirectoryNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Claims a folder.</summary>
    /// <param name="root">Root of the job's checkpoints; created if it does not exist.</param>
    /// <param name="owner">The run and epoch that claim it; a claim with null takes over no other claim.</param>
    /// <exception cref="CheckpointException">Another run or a later epoch holds the folder, or the folder cannot be written to.</exception>
    public static RunFolderClaim Take(string root, StoreOwner? owner)
    {
        var path = Path.Combine(root, LockName);
        try
        {
            Directory.CreateDirectory(root);
            var held = TryLock(path, out var problem);
            if (held is null && (owner is null || !Owners(root).Any(other => IsBefore(other, owner))))
                throw Held(path, problem!.Message, problem);
            var claim = new RunFolderClaim(root, held, owner is null ? null : TryLink(root, owner));
            try
            {
                if (owner is not null) claim.ResolveConflict(owner, path);
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
            throw new CheckpointException(
                $"{path}: cannot be created: {e.Message} Choose a folder that this user may write to, "
                + "on a disk with free space (checkpoint.directory).", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _released = true;
        if (_link is not null) TryDelete(_link);
        _lock?.Dispose();
    }

    // Of two concurrent claims, the one that created its link last sees the other's link. If this process holds the lock, no other owner is
    // alive.
    private void ResolveConflict(StoreOwner owner, string path)
    {
        foreach (var other in Owners(_root).Where(other => Link(_root, other) != _link))
        {
            if (other.Run == owner.Run && other.Epoch >= owner.Epoch)
                throw Held(path, $"Epoch {other.Epoch} of this run saves here, and this is epoch {owner.Epoch}.");
            if (_lock is null && !IsBefore(other, owner)) throw Held(path, $"Run {other.Run} has claimed it.");
            File.Delete(Link(_root, other));
        }

        // The other process may still have them open.
        foreach (var unfinished in Directory.EnumerateFiles(_root, "*" + DiskWriter.PartialSuffix)) File.Delete(unfinished);
        if (_lock is not null) return;
        File.Delete(path); // the other process keeps its lock on a file without a name
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
            File.Delete(link); // left by a process that was killed
            File.CreateSymbolicLink(link, ".");
            return link;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            return null; // the file system has no symbolic links
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
            // Neither the folder nor the link exists any more.
        }
    }

    private IOException TakenOver(IOException? cause) =>
        new($"{_root}: this process may no longer change the folder: it has released it, or a later epoch of the run has taken it over.",
            cause);

    private FolderMissingException FolderMissing(string how, IOException? cause) =>
        new($"{_root}: the folder of the run's checkpoints no longer exists: it was {how} while the run was saving into it. "
            + "It is not created again, so that no earlier epoch can save into it. Put it back and resume from it, or start the run again.",
            cause);

    private static string Link(string root, StoreOwner owner) =>
        Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"{LinkPrefix}{owner.Epoch}-{Uri.EscapeDataString(owner.Run)}"));

    private static StoreOwner[] Owners(string root) =>
        [.. Directory.EnumerateFileSystemEntries(root, LinkPrefix + "*").Select(Path.GetFileName).Select(Owner!).OfType<StoreOwner>()];

    private static StoreOwner? Owner(string link) =>
        link[LinkPrefix.Length..].Split('-', 2) is [var epoch, var run]
            && long.TryParse(epoch, CultureInfo.InvariantCulture, out var number)
            ? new StoreOwner(Uri.UnescapeDataString(run), number) : null;

    private static bool IsBefore(StoreOwner other, StoreOwner owner) => other.Run == owner.Run && other.Epoch < owner.Epoch;

    private static CheckpointException Held(string path, string because, Exception? cause = null) =>
        new($"{path}: is locked: {because} Another run saves into this folder: wait until it ends, "
            + "or choose another folder (checkpoint.directory).", cause);
}
