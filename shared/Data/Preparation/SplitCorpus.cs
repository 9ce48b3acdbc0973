using System.Text;
using Distributed.Data.Corpora;

namespace Distributed.Data.Preparation;

/// <summary>
/// The corpora as one row of documents, each either for training or for evaluation; a text that occurs twice is taken
/// once, and evaluation corpora come first, so that a training document equal to one of theirs is the one left out.
/// </summary>
internal sealed class SplitCorpus(IReadOnlyList<ICorpus> corpora, IReadOnlyList<ICorpus> evaluation, HoldOut holdOut)
{
    public long SourceBytes { get; } = corpora.Concat(evaluation).Sum(corpus => corpus.SourceBytes);

    /// <summary>Counted by the last complete <see cref="Read"/>.</summary>
    public long DuplicateDocuments { get; private set; }

    /// <summary>Counted by the last complete <see cref="Read"/>.</summary>
    public long DuplicateLines => corpora.Concat(evaluation).Sum(corpus => corpus.DuplicateLines);

    /// <summary>Documents for training counted by the last complete <see cref="Read"/>.</summary>
    public long TrainDocuments { get; private set; }

    /// <summary>Documents held out, counted by the last complete <see cref="Read"/>.</summary>
    public long HeldOutDocuments { get; private set; }

    /// <summary>The smallest hash rank among the ungrouped documents of the last complete <see cref="Read"/>; null if there are fewer than two.</summary>
    public ulong? SmallestRank { get; private set; }

    public IEnumerable<(Document Document, bool HeldOut)> Read(Action<long>? bytesRead, CancellationToken cancellation)
    {
        var seen = new Deduplication();
        var (smallest, ungrouped) = (ulong.MaxValue, 0L);
        var (training, heldOut) = (0L, 0L);
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

            if (document.Group is null)
            {
                smallest = Math.Min(smallest, HoldOut.Rank(document));
                ungrouped++;
            }

            var held = evaluation.Count == 0 && holdOut.Holds(document);
            if (held) heldOut++;
            else training++;
            yield return (document, held);
        }

        (TrainDocuments, HeldOutDocuments) = (training, heldOut);
        DuplicateDocuments = seen.Duplicates;
        SmallestRank = ungrouped > 1 ? smallest : null;
    }

    /// <summary>The training text, thinned evenly to about <paramref name="mostBytes"/> by the documents' hashes.</summary>
    public IEnumerable<string> TrainingText(long mostBytes, Action<long>? bytesRead, CancellationToken cancellation)
    {
        var share = SourceBytes <= mostBytes ? UInt128.MaxValue : (UInt128)(mostBytes / (double)SourceBytes * Math.Pow(2, 64));
        // Rotated, so that the choice is not the one of the held-out documents, which have the smallest ranks.
        return Read(bytesRead, cancellation)
            .Where(item => !item.HeldOut && ulong.RotateLeft(HoldOut.Rank(item.Document), 32) < share)
            .Select(item => item.Document.Text);
    }
}
