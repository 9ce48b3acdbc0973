namespace Distributed.Data.Corpora;

/// <summary>
/// A source of documents.
/// 1. <see cref="Read"/> streams: at most one document (of the default corpus: one XML file) is in memory.
/// 2. Reading twice gives the same documents in the same order, on every machine.
/// 3. <see cref="Fingerprint"/> changes whenever what <see cref="Read"/> gives could change, and never
///    depends on where the files lie or when they were written.
/// Compressed files (.gz) count by their compressed bytes.
/// Refuses, with a <see cref="DataException"/>: files that are missing, empty, not UTF-8 or malformed.
/// </summary>
public interface ICorpus
{
    /// <summary>What it is, for messages: a path, or "default".</summary>
    string Name { get; }

    /// <summary>Bytes of its files, the measure of progress.</summary>
    long SourceBytes { get; }

    /// <summary>Repeated lines that the last complete reading left out; 0 where documents are taken as they are.</summary>
    long DuplicateLines => 0;

    /// <summary>What of it is not read, in one message; null if all of it is.</summary>
    string? Notice => null;

    /// <summary>Whether every document belongs to a group, and groups decide what is held out.</summary>
    bool IsGrouped => false;

    /// <summary>SHA-256 of its content, as lower-case hexadecimal digits.</summary>
    /// <param name="bytesRead">Told how many source bytes each step has read.</param>
    /// <param name="cancellation">Ends the reading with an <see cref="OperationCanceledException"/>.</param>
    string Fingerprint(Action<long>? bytesRead = null, CancellationToken cancellation = default);

    /// <summary>The documents in order.</summary>
    /// <param name="bytesRead">Told how many source bytes each step has read; the sum is <see cref="SourceBytes"/>.</param>
    /// <param name="cancellation">Ends the reading with an <see cref="OperationCanceledException"/>.</param>
    IEnumerable<Document> Read(Action<long>? bytesRead = null, CancellationToken cancellation = default);
}
