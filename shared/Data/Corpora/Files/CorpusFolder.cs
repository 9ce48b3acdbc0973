using Distributed.Configuration;

namespace Distributed.Data.Corpora.Files;

/// <summary>
/// Walks a corpus directory without opening files. Each directory is read once, at its own path rather than through a link, so that cyclic
/// links end. Entries that are not text of a known kind are skipped and recorded: other kinds, hidden entries, pipes, sockets, devices and
/// broken links.
/// </summary>
internal sealed class CorpusFolder
{
    private readonly string _root;
    private readonly List<SourceFile> _files = [];
    private readonly List<SkippedFile> _skipped = [];
    private readonly HashSet<(ulong, ulong)> _seen = [];
    private readonly Queue<string> _directories = new();
    private readonly PriorityQueue<string, string> _links = new(StringComparer.Ordinal);

    private CorpusFolder(string root) => _root = root;

    /// <summary>Finds the files to read and the skipped entries, each in ordinal order of the relative paths.</summary>
    /// <exception cref="DataException">A directory cannot be listed.</exception>
    public static (List<SourceFile> Files, List<SkippedFile> Skipped) Find(string root)
    {
        var folder = new CorpusFolder(root);
        folder._seen.Add(FileStatus.Of(root).Identity);
        folder._directories.Enqueue(root);
        while (folder._directories.TryDequeue(out var directory) || folder.TryFollow(out directory))
        {
            folder.List(directory);
        }

        return ([.. folder._files.OrderBy(file => file.RelativePath, StringComparer.Ordinal)],
            [.. folder._skipped.OrderBy(file => file.RelativePath, StringComparer.Ordinal)]);
    }

    // Links are followed after everything that is reachable without them has been listed.
    private bool TryFollow(out string directory)
    {
        while (_links.TryDequeue(out directory!, out _))
        {
            if (_seen.Add(FileStatus.Of(directory).Identity)) return true;
        }

        return false;
    }

    private void List(string directory)
    {
        try
        {
            foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos())
            {
                Add(entry);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(
                $"The corpus directory '{directory}' cannot be listed: {e.Message} Check that you may read it, "
                    + "or take it out of the corpus.", e);
        }
    }

    private void Add(FileSystemInfo entry)
    {
        var path = Path.Combine(_root, Path.GetRelativePath(_root, entry.FullName));
        if (entry.Name.StartsWith('.'))
        {
            Skip(path, "hidden, because its name begins with a dot: rename it to have it read");
            return;
        }

        var status = FileStatus.Of(path);
        switch (status.Kind)
        {
            case FileKind.Directory when entry.LinkTarget is not null:
                _links.Enqueue(path, Relative(path));
                break;
            case FileKind.Directory:
                _seen.Add(status.Identity);
                _directories.Enqueue(path);
                break;
            case FileKind.Missing:
                Skip(path, entry.LinkTarget is null
                    ? "its name is not UTF-8: rename it"
                    : "a broken link: remove it, or put its file there");
                break;
            case FileKind.Regular when TextFileKind.IsKnown(path):
                _files.Add(new SourceFile(path, Relative(path), status.Length));
                break;
            case FileKind.Regular:
                Skip(path, TextFileKind.Remedy(path));
                break;
            default:
                Skip(path, $"{status.Special}: write its text to a regular file");
                break;
        }
    }

    private void Skip(string path, string reason) => _skipped.Add(new SkippedFile(Relative(path), reason));

    private string Relative(string path) => Path.GetRelativePath(_root, path).Replace('\\', '/');
}
