using Distributed.Parallel.Forward;

namespace Distributed.Training.Objectives;

/// <summary>
/// What a step minimises. The loss is a sum over terms, targets or pairs, divided by their number in the global batch, so that it does not
/// depend on how the batch is divided among ranks and micro-batches.
/// </summary>
public interface IObjective : IDisposable
{
    /// <summary>Names of the metrics that each term has besides its loss, in the order of their sums.</summary>
    IReadOnlyList<string> Metrics { get; }

    /// <summary>Name of a term, for messages.</summary>
    string Term { get; }

    /// <summary>Whether <see cref="Begin"/> runs a frozen network.</summary>
    bool HasFrozenNetwork => false;

    /// <summary>Time that frozen networks have spent in exchanges.</summary>
    TimeSpan ExchangeTime => TimeSpan.Zero;

    /// <summary>Number of terms of a batch.</summary>
    long TermsOf(TokenBatch batch);

    /// <summary>Runs frozen networks over the micro-batches of a step before these are trained on. Every rank must call it.</summary>
    /// <param name="step">The step, from 1; in an evaluation, the last step before it.</param>
    /// <param name="batches">This rank's micro-batches.</param>
    /// <param name="firstIndex">Index of the first micro-batch; indices are unique within a step or an evaluation.</param>
    void Begin(long step, IReadOnlyList<TokenBatch> batches, int firstIndex = 0)
    {
    }

    /// <summary>Frees what <see cref="Begin"/> has computed.</summary>
    void End()
    {
    }

    /// <summary>Returns the head that computes the sum of the losses; null for the cross-entropy of the next tokens.</summary>
    /// <param name="batch">A micro-batch that <see cref="Begin"/> was called with.</param>
    /// <param name="factor">The gradient of the sum in backward.</param>
    /// <param name="metrics">Receives the sums of the metrics over the terms.</param>
    TrunkHead? Head(TokenBatch batch, double factor, double[] metrics);
}
