using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Distributed.Data.Corpora.Files;

/// <summary>Text and JSON Lines files: one of them, or all below a directory in ordinal order of their relative paths.</summary>
public sealed class FileCorpus : ICorpus
{
    private const int MaximumDepth = 64;
    private static readonly string[] TextExtensions = [".txt", ".md", ".text"];
    private const string JsonLinesExtension = ".jsonl";
    private const string KnownKinds = ".txt, .md, .text and .jsonl";

    private readonly List<SourceFile> _files;

    private FileCorpus(string name, List<SourceFile> files)
    {
        Name = name;
        _files = files;
        SourceBytes = files.Sum(file => file.Length);
    }

    public string Name { get; }

    public long SourceBytes { get; }

    /// <summary>The files' full paths in reading order.</summary>
    public IReadOnlyList<string> Paths => _files.ConvertAll(file => file.Path);

    /// <summary>Finds the files; reads none of them yet.</summary>
    /// <exception cref="DataException">Nothing there, nothing of a known kind, or only empty files.</exception>
    public static FileCorpus Open(string path)
    {
        List<SourceFile> files;
        if (Directory.Exists(path))
        {
            files = FilesBelow(path);
            if (files.Count == 0)
            {
                throw new DataException($"The corpus directory '{path}' holds no file that can be read. Put {KnownKinds} files into it or below it, or name another path.");
            }
        }
        else if (File.Exists(path))
        {
            if (!IsKnown(path))
            {
                throw new DataException($"The corpus file '{path}' is of an unknown kind. Known are {KnownKinds}: rename or convert it.");
            }

            files = [new SourceFile(path, Path.GetFileName(path), new FileInfo(path).Length)];
        }
        else
        {
            throw new DataException($"The corpus '{path}' does not exist. Name an existing file or directory, or '{CorpusLocator.DefaultName}' for the corpus that comes with the build.");
        }

        if (files.TrueForAll(file => file.Length == 0))
        {
            throw new DataException($"The corpus '{path}' is empty: {(files.Count == 1 ? "the file has" : $"all its {files.Count} files have")} 0 bytes. Name a corpus with text.");
        }

        return new FileCorpus(path, files);
    }

    public string Fingerprint(Action<long>? bytesRead = null, CancellationToken cancellation = default)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 20);
        try
        {
            foreach (var file in _files)
            {
                using var one = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                using var stream = SourceFile.OpenRead(file.Path);
                for (int read; (read = stream.Read(buffer)) > 0; bytesRead?.Invoke(read))
                {
                    cancellation.ThrowIfCancellationRequested();
                    one.AppendData(buffer, 0, read);
                }

                all.AppendData(one.GetHashAndReset());
                all.AppendData(Encoding.UTF8.GetBytes(file.RelativePath + "\n"));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Convert.ToHexStringLower(all.GetHashAndReset());
    }

    public IEnumerable<Document> Read(Action<long>? bytesRead = null, CancellationToken cancellation = default)
    {
        foreach (var file in _files)
        {
            var texts = IsJsonLines(file.Path)
                ? JsonLinesReader.Read(file.Path, bytesRead)
                : TextFileReader.Read(file.Path, bytesRead);
            foreach (var text in texts)
            {
                cancellation.ThrowIfCancellationRequested();
                if (!string.IsNullOrWhiteSpace(text))
                {
                    yield return new Document(text);
                }
            }
        }
    }

    private static List<SourceFile> FilesBelow(string directory)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = MaximumDepth, IgnoreInaccessible = false };
        return new DirectoryInfo(directory).EnumerateFiles("*", options)
            .Where(file => IsKnown(file.Name))
            .Select(file => new SourceFile(file.FullName, Path.GetRelativePath(directory, file.FullName).Replace('\\', '/'), LengthOf(file)))
            .OrderBy(file => file.RelativePath, StringComparer.Ordinal)
            .ToList();
    }

    /// <summary>A link's own length is that of its target's name: the target's is meant.</summary>
    private static long LengthOf(FileInfo file) => file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target ? target.Length : file.Length;

    private static bool IsKnown(string path) =>
        IsJsonLines(path) || TextExtensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    private static bool IsJsonLines(string path) => Path.GetExtension(path).Equals(JsonLinesExtension, StringComparison.OrdinalIgnoreCase);
}
