using Distributed.Models;
using Distributed.Parallel.Forward;
using Distributed.Training.Objectives.Preferences;
using static TorchSharp.torch;

namespace Distributed.Training.Objectives;

/// <summary>
/// A reward model (Ouyang et al. 2022, section 3.5): the score of the last token of a response, trained to be higher for the chosen
/// response of a pair.
/// </summary>
/// <param name="model">The network in training, with a score.</param>
/// <param name="margin">Least difference of the scores of a pair.</param>
/// <param name="centring">Factor of the term that keeps the scores near 0.</param>
public sealed class RewardModelling(Decoder model, double margin, double centring) : IObjective
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Metrics => Pairs.Metrics;

    /// <inheritdoc/>
    public string Term => "pair";

    /// <inheritdoc/>
    public long TermsOf(TokenBatch batch) => Pairs.Count(batch);

    /// <inheritdoc/>
    public TrunkHead? Head(TokenBatch batch, double factor, double[] metrics) => (tape, hidden) =>
    {
        var length = batch.Length;
        var ends = batch.Packed!.Sequences.Select(sequence => sequence.Row * length + sequence.Start + sequence.Length - 1);
        var last = tensor(ends.ToArray()).DetachFromDisposeScope();
        tape.Own(last);
        var scores = tape.Segment("score", [model.ScoreHead], [hidden], inputs =>
            [("scores", model.Score(inputs[0].flatten(0, 1).index_select(0, last)))])[0];
        return tape.Segment("reward loss", [], [scores], inputs =>
        {
            var (chosen, rejected) = Pairs.Split(inputs[0]);
            Pairs.Measure(chosen, rejected, metrics);
            var margins = margin == 0 ? null : full_like(chosen, margin);
            return [("loss", BradleyTerryLoss.Of(chosen, rejected, margins, centring).sum())];
        })[0];
    };

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
