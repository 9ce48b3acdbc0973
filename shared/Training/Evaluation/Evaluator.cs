using Distributed.Data.Preparation;
using Distributed.Models;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Forward;
using Distributed.Parallel.Segments;
using Distributed.Tensors;
using Distributed.Training.Batches;
using Distributed.Training.Objectives;
using Distributed.Training.Reports;
using Distributed.Training.Steps;

namespace Distributed.Training.Evaluation;

/// <summary>Scores the held-out text on all ranks, without recording gradients.</summary>
/// <param name="model">The network, with this rank's experts.</param>
/// <param name="forward">The forward of the network.</param>
/// <param name="objective">What is measured.</param>
/// <param name="collectives">Collectives over all ranks.</param>
/// <param name="data">The prepared data with the held-out text.</param>
/// <param name="options">Sequence length, batch size and limits.</param>
/// <param name="time">The clock.</param>
public sealed class Evaluator(Decoder model, SegmentedForward forward, IObjective objective, ICollectives collectives,
    PreparedData data, EvaluationOptions options, TimeProvider time)
{
    private readonly IBatchBuilder? _batches = BatchBuilders.ForEvaluation(data, options.Data);

    /// <summary>Whether the held-out text is long enough for one sequence.</summary>
    public bool HasText => _batches?.Samples > 0;

    /// <summary>Number of tokens of the held-out text.</summary>
    public long TokensFound => (data as PreparedText)?.Evaluation.TokenCount ?? 0;

    /// <summary>
    /// Number of tokens that one sequence needs, including the target of its last token; 0 if examples are trained on.
    /// </summary>
    public long TokensNeeded => data is PreparedText ? options.Data.SequenceLength + 1 : 0;

    /// <summary>Scores every sequence once, in order. Every rank must call it.</summary>
    /// <param name="step">Optimizer steps committed before the evaluation.</param>
    /// <exception cref="NotFiniteException">The loss is not finite; the message names the first such tensor.</exception>
    public EvaluationReport Run(long step) => TryRun(step, CancellationToken.None)!;

    /// <summary>
    /// Scores every sequence once, in order, or ends early if any rank is asked to stop. All ranks agree before each batch. Every rank must
    /// call it.
    /// </summary>
    /// <param name="step">Optimizer steps committed before the evaluation.</param>
    /// <param name="stop">Cancelled to end the evaluation early. Every rank or no rank must pass a token that can be cancelled.</param>
    /// <returns>The report, the same on every rank except for the time; null if the evaluation ended early.</returns>
    /// <exception cref="NotFiniteException">The loss is not finite; the message names the first such tensor.</exception>
    public EvaluationReport? TryRun(long step, CancellationToken stop)
    {
        var start = time.GetTimestamp();
        var sums = new StepSums(model, objective);
        var counts = new long[2]; // terms of the loss, bytes of the predicted tokens
        var round = 0;
        foreach (var batch in Batches())
        {
            if (stop.CanBeCanceled && IsStopped(stop)) return null;
            objective.Begin(step, [batch], round);
            using var tape = new Tape(null);
            sums.Add(forward.Run(tape, batch, step, round++, withMtp: false, head: objective.Head(batch, 1, sums.Metrics)));
            objective.End();
            Count(batch, counts);
        }

        sums.Reduce(collectives);
        if (!double.IsFinite(sums.CrossEntropy[0]))
        {
            var (rank, tensor) = new NotFiniteSearch(model.Parameters, forward, collectives).Find(step, Batches(), withMtp: false,
                head: batch => Head(step, batch));
            throw NotFiniteException.InEvaluation(step, rank, tensor);
        }

        collectives.AllReduceSum(counts.AsSpan());
        var violations = model.Layers.Where(layer => layer.Moe is not null).Select(layer => Balancedness.MaxVio(sums.Loads[layer.Index]))
            .DefaultIfEmpty(0).ToArray();
        return new EvaluationReport
        {
            Step = step,
            Loss = sums.CrossEntropy[0] / Math.Max(1, counts[0]),
            Metrics = [.. objective.Metrics.Zip(sums.Metrics, (name, sum) => new ReportedMetric(name, sum / Math.Max(1, counts[0])))],
            BitsPerByte = counts[1] == 0 ? 0 : sums.CrossEntropy[0] / Math.Log(2) / counts[1],
            GzipBitsPerByte = data is PreparedText { EvaluationBytes: > 0 } text
                ? 8.0 * text.EvaluationGzipBytes / text.EvaluationBytes : 0,
            MaxVio = violations.Max(),
            MeanMaxVio = violations.Average(),
            Tokens = counts[0],
            Seconds = time.GetElapsedTime(start).TotalSeconds,
        };
    }

    // This rank's share of each round of batches. A rank without sequences runs an empty batch, because other ranks need its experts.
    private IEnumerable<TokenBatch> Batches()
    {
        var builder = _batches ?? throw new InvalidOperationException("Nothing is held out.");
        var total = options.MaxSequences > 0 ? Math.Min(options.MaxSequences, builder.Samples) : builder.Samples;
        var round = (long)options.BatchSequences * collectives.Size;
        for (long first = 0; first < total; first += round)
        {
            var (offset, count) = EvenShares.Of(Math.Min(round, total - first), collectives.Size, collectives.Rank);
            using var batch = builder.Build([.. Enumerable.Range(0, (int)count).Select(i => first + offset + i)]);
            yield return batch;
        }
    }

    private bool IsStopped(CancellationToken stop)
    {
        long[] votes = [stop.IsCancellationRequested ? 1 : 0];
        collectives.AllReduceSum(votes.AsSpan());
        return votes[0] > 0;
    }

    private TrunkHead? Head(long step, TokenBatch batch)
    {
        objective.Begin(step, [batch]);
        return objective.Head(batch, 1, new double[objective.Metrics.Count]);
    }

    private void Count(TokenBatch batch, long[] counts)
    {
        counts[0] += objective.TermsOf(batch);
        if (objective is not NextToken) return;
        foreach (var target in TensorMemory.Span<long>(batch.Targets))
        {
            if (target == TokenBatch.NoTarget) continue;
            counts[1] += data.Tokenizer.ByteLength((int)target);
        }
    }
}
