using Distributed.Data.Corpora;

namespace Distributed.Data.Preparation;

/// <summary>
/// The corpora as one sequence of documents, each for training or held out. A text that occurs twice is used once. Evaluation corpora come
/// first, so that a training document that equals one of theirs is left out.
/// </summary>
internal sealed class SplitCorpus(IReadOnlyList<ICorpus> corpora, IReadOnlyList<ICorpus> evaluation, HoldOut holdOut)
{
    public long SourceBytes { get; } = corpora.Concat(evaluation).Sum(corpus => corpus.SourceBytes);

    /// <summary>Duplicate documents in the last complete <see cref="Read"/>.</summary>
    public long DuplicateDocuments { get; private set; }

    /// <summary>Duplicate lines in the last complete <see cref="Read"/>.</summary>
    public long DuplicateLines => corpora.Concat(evaluation).Sum(corpus => corpus.DuplicateLines);

    /// <summary>Training documents in the last complete <see cref="Read"/>.</summary>
    public long TrainDocuments { get; private set; }

    /// <summary>Whether a <see cref="Read"/> has been completed.</summary>
    public bool WasRead { get; private set; }

    /// <summary>Held-out documents in the last complete <see cref="Read"/>.</summary>
    public long HeldOutDocuments { get; private set; }

    /// <summary>Whether the last complete <see cref="Read"/> held out the end of a document whose beginning is for training.</summary>
    public bool HoldsOutAnEnd { get; private set; }

    public IEnumerable<(Document Document, bool HeldOut)> Read(Action<long>? bytesRead, CancellationToken cancellation)
    {
        var seen = new Deduplication();
        var (training, heldOut, cut) = (0L, 0L, false);
        foreach (var document in evaluation.SelectMany(corpus => corpus.Read(bytesRead, cancellation)))
        {
            if (seen.IsNew(document.Text))
            {
                heldOut++;
                yield return (document, true);
            }
        }

        foreach (var document in corpora.SelectMany(corpus => corpus.Read(bytesRead, cancellation)))
        {
            if (!seen.IsNew(document.Text))
            {
                continue;
            }

            if (evaluation.Count > 0)
            {
                training++;
                yield return (document, false);
                continue;
            }

            var parts = 0;
            foreach (var (part, held) in holdOut.Split(document))
            {
                if (held) heldOut++;
                else training++;
                cut |= ++parts > 1;
                yield return (part, held);
            }
        }

        (TrainDocuments, HeldOutDocuments, HoldsOutAnEnd) = (training, heldOut, cut);
        DuplicateDocuments = seen.Duplicates;
        WasRead = true;
    }

    /// <summary>A sample of the training text of about <paramref name="mostBytes"/>, chosen evenly by the documents' hashes.</summary>
    public IEnumerable<string> TrainingText(long mostBytes, Action<long>? bytesRead, CancellationToken cancellation)
    {
        var share = SourceBytes <= mostBytes ? UInt128.MaxValue : (UInt128)(mostBytes / (double)SourceBytes * Math.Pow(2, 64));
        // Rotated, so that the choice is independent of the held-out documents, which have the smallest ranks.
        return Read(bytesRead, cancellation)
            .Where(item => !item.HeldOut && ulong.RotateLeft(HoldOut.HashOf(item.Document), 32) < share)
            .Select(item => item.Document.Text);
    }
}
