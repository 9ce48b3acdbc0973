using Distributed.Models;
using Distributed.Parallel.Dispatch;
using Distributed.Parallel.Forward;
using Distributed.Parallel.Segments;
using Distributed.Training.Objectives;
using static TorchSharp.torch;

namespace Distributed.Training.Frozen;

/// <summary>
/// A network that a run only reads: a reference or a teacher. Its experts are on the same ranks as those of the network in training. Its
/// passes record no graph and count into no expert load.
/// </summary>
/// <param name="model">The network with its weights; this object takes ownership.</param>
/// <param name="locations">By layer index, the ranks of the experts.</param>
/// <param name="dispatcher">Sends tokens to their experts and returns the results.</param>
public sealed class FrozenNetwork(
    Decoder model, IReadOnlyDictionary<int, ExpertLocations> locations, ITokenDispatcher dispatcher) : IDisposable
{
    /// <summary>Indices of micro-batches from this one on belong to passes of frozen networks.</summary>
    public const int FirstMicroBatch = 1 << 24;

    private readonly SegmentedForward _forward = new(model, locations, dispatcher);

    /// <summary>The network.</summary>
    public Decoder Model => model;

    /// <summary>Time spent in exchanges.</summary>
    public TimeSpan ExchangeTime => dispatcher.ExchangeTime;

    /// <summary>Computes the log-probabilities of the response tokens of a batch, [N]. Every rank must call it.</summary>
    /// <param name="step">The step, for the exchanges' tags.</param>
    /// <param name="microBatch">Index of the micro-batch within the step.</param>
    /// <param name="batch">A packed batch.</param>
    public Tensor LogProbabilities(long step, int microBatch, TokenBatch batch)
    {
        using var responses = new BatchResponses(batch);
        return Run(step, microBatch, batch, hidden => model.LogProbabilities(responses.Select(hidden), responses.Targets));
    }

    /// <summary>
    /// Computes the hidden states that predict the response tokens, [N, D]. Every rank must call it.
    /// </summary>
    /// <param name="step">The step, for the exchanges' tags.</param>
    /// <param name="microBatch">Index of the micro-batch within the step.</param>
    /// <param name="batch">A packed batch.</param>
    public Tensor Hidden(long step, int microBatch, TokenBatch batch)
    {
        using var responses = new BatchResponses(batch);
        return Run(step, microBatch, batch, responses.Select);
    }

    private Tensor Run(long step, int microBatch, TokenBatch batch, Func<Tensor, Tensor> head)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using var tape = new Tape(null);
        Tensor? result = null;
        _forward.Run(tape, batch, step, FirstMicroBatch + microBatch, withMtp: false, head: (_, hidden) =>
        {
            result = head(hidden.Value).DetachFromDisposeScope();
            return hidden;
        });
        return result!;
    }

    /// <inheritdoc/>
    public void Dispose() => model.Dispose();
}
