using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Distributed.Configuration;

namespace Distributed.Data.Corpora.Files;

/// <summary>
/// A corpus of text and JSON Lines files: one file, or all files below a directory in ordinal order of their relative paths.
/// </summary>
public sealed class FileCorpus : ICorpus
{
    private readonly List<SourceFile> _files;

    private FileCorpus(string name, List<SourceFile> files, List<SkippedFile> skipped)
    {
        Name = name;
        _files = files;
        Skipped = skipped;
        SourceBytes = files.Sum(file => file.Length);
    }

    public string Name { get; }

    public long SourceBytes { get; }

    /// <summary>The files' full paths in reading order.</summary>
    public IReadOnlyList<string> Paths => _files.ConvertAll(file => file.Path);

    /// <summary>Entries of the directory that are skipped, in ordinal order of their relative paths.</summary>
    public IReadOnlyList<SkippedFile> Skipped { get; }

    /// <summary>A message about the skipped entries; null if there are none.</summary>
    public string? Notice => SkippedFile.Describe(Name, Skipped, _files.Count);

    /// <summary>Finds the files without opening them.</summary>
    /// <exception cref="DataException">
    /// The path does not exist, names a pipe, a socket or a device, or has no files of a known kind, or only empty ones.
    /// </exception>
    public static FileCorpus Open(string path)
    {
        var status = FileStatus.Of(path);
        var (files, skipped) = status.Kind switch
        {
            FileKind.Directory => CorpusFolder.Find(path),
            FileKind.Missing => throw new DataException(
                $"The corpus '{path}' does not exist. Name an existing file or directory, "
                + $"or '{CorpusLocator.DefaultName}' for the corpus that comes with the build."),
            FileKind.Regular when TextFileKind.IsKnown(path) => ([new SourceFile(path, Path.GetFileName(path), status.Length)], []),
            FileKind.Regular => throw new DataException(
                $"The corpus file '{path}' is of an unknown kind. Known are {TextFileKind.Known}: {TextFileKind.Remedy(path)}."),
            _ => throw new DataException($"The corpus '{path}' is {status.Special}. Write its text to a regular file, and name that file."),
        };
        if (files.Count == 0)
        {
            var found = SkippedFile.Describe(path, skipped, read: 0) is { } notice ? $" {notice}" : "";
            throw new DataException(
                $"The corpus directory '{path}' holds no file that can be read. "
                + $"Put {TextFileKind.Known} files into the directory or below it, or name another path.{found}");
        }

        if (files.TrueForAll(file => file.Length == 0))
        {
            throw new DataException(
                $"The corpus '{path}' is empty: {(files.Count == 1 ? "the file has" : $"all its {files.Count} files have")} 0 bytes. "
                + "Name a corpus with text.");
        }

        return new FileCorpus(path, files, skipped);
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
            var texts = TextFileKind.IsJsonLines(file.Path)
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
}
