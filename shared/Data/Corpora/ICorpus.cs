namespace Distributed.Data.Corpora;

/// <summary>
/// A source of documents.
/// 1. <see cref="Read"/> streams: at most one document (in the default corpus: one XML file) is in memory.
/// 2. Every reading returns the same documents in the same order, on every machine.
/// 3. <see cref="Fingerprint"/> changes whenever the result of <see cref="Read"/> could change, and never depends on the location or the
///    times of the files. Compressed files (.gz) count with their compressed bytes. Throws a <see cref="DataException"/> for files that are
///    missing, empty, not UTF-8 or malformed.
/// </summary>
public interface ICorpus
{
    /// <summary>The corpus's name in messages: a path, or "default".</summary>
    string Name { get; }

    /// <summary>Total size of the files in bytes, for progress.</summary>
    long SourceBytes { get; }

    /// <summary>Number of repeated lines that the last complete reading left out; 0 if the corpus does not remove lines.</summary>
    long DuplicateLines => 0;

    /// <summary>A message about the parts of the corpus that are skipped; null if there are none.</summary>
    string? Notice => null;

    /// <summary>Whether every document belongs to a group, so that whole groups are held out.</summary>
    bool IsGrouped => false;

    /// <summary>SHA-256 of the content, as lower-case hexadecimal digits.</summary>
    /// <param name="bytesRead">Called with the number of source bytes that each step has read; null for none.</param>
    /// <param name="cancellation">Ends the reading with an <see cref="OperationCanceledException"/>.</param>
    string Fingerprint(Action<long>? bytesRead = null, CancellationToken cancellation = default);

    /// <summary>Reads the documents in order.</summary>
    /// <param name="bytesRead">
    /// Called with the number of source bytes that each step has read; the sum is <see cref="SourceBytes"/>. Null for none.
    /// </param>
    /// <param name="cancellation">Ends the reading with an <see cref="OperationCanceledException"/>.</param>
    IEnumerable<Document> Read(Action<long>? bytesRead = null, CancellationToken cancellation = default);
}
