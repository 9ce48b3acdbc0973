using Distributed.Configuration;
using Distributed.Data.Corpora.Files;

namespace Distributed.Data.Examples.Files;

/// <summary>
/// The JSON Lines files of one path: a file, or all such files below a directory in ordinal order of their relative paths.
/// </summary>
internal sealed class ExampleFiles
{
    private readonly FileCorpus _corpus;

    private ExampleFiles(FileCorpus corpus)
    {
        _corpus = corpus;
        Paths = [.. corpus.Paths.Where(TextFileKind.IsJsonLines)];
    }

    /// <summary>The files in reading order; at least one.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>Total size of all files in bytes, for progress.</summary>
    public long SourceBytes => _corpus.SourceBytes;

    /// <summary>A message about the entries that are not read; null if there are none.</summary>
    public string? Notice => string.Join(' ', new[] { _corpus.Notice, OtherText() }.OfType<string>()) is { Length: > 0 } text ? text : null;

    /// <summary>Finds the files without opening them.</summary>
    /// <exception cref="DataException">The path does not exist, or has no JSON Lines file with content.</exception>
    public static ExampleFiles Open(string path)
    {
        const string Fix = "Name a JSON Lines file (.jsonl, .jsonl.gz), or a directory of them";
        var kind = FileStatus.Of(path).Kind;
        if (kind == FileKind.Missing) throw new DataException($"The examples '{path}' do not exist. {Fix}.");
        if (kind == FileKind.Regular && !TextFileKind.IsJsonLines(path))
        {
            throw new DataException($"The file '{path}' is not a JSON Lines file. {Fix}; convert other files to it.");
        }

        var files = new ExampleFiles(FileCorpus.Open(path));
        return files.Paths.Count > 0 ? files : throw new DataException($"The directory '{path}' holds no JSON Lines file. {Fix}.");
    }

    /// <summary>SHA-256 of the content, as lower-case hexadecimal digits.</summary>
    public string Fingerprint(Action<long>? bytesRead, CancellationToken cancellation) => _corpus.Fingerprint(bytesRead, cancellation);

    private string? OtherText()
    {
        var others = _corpus.Paths.Where(path => !TextFileKind.IsJsonLines(path)).ToList();
        return others.Count == 0 ? null
            : $"Text files are not read as examples: {string.Join(", ", others.Take(5).Select(Path.GetFileName))}"
                + $"{(others.Count > 5 ? $" and {others.Count - 5} more" : "")}.";
    }
}
