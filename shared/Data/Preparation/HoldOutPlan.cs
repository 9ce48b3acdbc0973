using Distributed.Data.Corpora;

namespace Distributed.Data.Preparation;

/// <summary>
/// Determines what is held out of corpora whose documents have no group:
/// (1) the documents whose hash is below the fraction, if the rest is enough to train on;
/// (2) otherwise, the one document with the smallest hash, if it is a small part of the text;
/// (3) otherwise, the end of the longest document.
/// </summary>
internal sealed class HoldOutPlan
{
    /// <summary>Largest part of the text that (2) holds out, and (3) in a short text.</summary>
    private const double LargestSmallPart = 0.1;

    /// <summary>UTF-16 units that (3) holds out if the fraction is less than that: enough for several sequences.</summary>
    private const int EnoughToScore = 4096;

    private readonly Deduplication _seen = new();
    private readonly double _fraction;
    private readonly HoldOut _byHash;
    private long _text;
    private long _held;
    private Document _longest;
    private (ulong Hash, int Length) _nearest = (ulong.MaxValue, 0);

    private HoldOutPlan(double fraction) => (_fraction, _byHash) = (fraction, HoldOut.Fraction(fraction));

    /// <summary>Reads the corpora once and decides.</summary>
    public static HoldOut Of(IEnumerable<ICorpus> corpora, double fraction, Action<long>? bytesRead, CancellationToken cancellation)
    {
        var plan = new HoldOutPlan(fraction);
        foreach (var document in corpora.SelectMany(corpus => corpus.Read(bytesRead, cancellation)))
        {
            if (plan._seen.IsNew(document.Text)) plan.Count(document);
        }

        return plan.Decide();
    }

    private void Count(Document document)
    {
        if (document.Group is not null) return;
        var length = document.Text.Length;
        _text += length;
        if (_byHash.IsHeldOut(document)) _held += length;
        if (length > (_longest.Text?.Length ?? 0)) _longest = document;
        var hash = HoldOut.HashOf(document);
        if (hash < _nearest.Hash) _nearest = (hash, length);
    }

    private HoldOut Decide()
    {
        if (_held > 0 && _held <= (1 + _fraction) / 2 * _text && _held < _text) return _byHash;
        if (_held == 0 && _nearest.Length <= LargestSmallPart * _text) return new HoldOut((UInt128)_nearest.Hash + 1);
        if (_longest.Text is null) return _byHash;
        var wanted = Math.Max(_fraction * _text, Math.Min(EnoughToScore, LargestSmallPart * _text));
        return new HoldOut(0, DocumentCut.Of(_longest, (int)Math.Min(wanted, _longest.Text.Length / 2)));
    }
}
