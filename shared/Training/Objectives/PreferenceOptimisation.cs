using Distributed.Models;
using Distributed.Parallel.Forward;
using Distributed.Training.Frozen;
using Distributed.Training.Objectives.Preferences;
using static TorchSharp.torch;

namespace Distributed.Training.Objectives;

/// <summary>
/// Direct preference optimisation (Rafailov et al. 2023): raises the log-probability of chosen against rejected responses, relative to a
/// reference that stays as it was. The reward of a response is beta times its log ratio.
/// </summary>
/// <param name="model">The network in training.</param>
/// <param name="reference">The reference; this object takes ownership.</param>
/// <param name="options">The loss.</param>
public sealed class PreferenceOptimisation(Decoder model, FrozenNetwork reference, PreferenceOptions options) : IObjective
{
    private readonly FrozenResults<Tensor> _references = new();

    /// <inheritdoc/>
    public IReadOnlyList<string> Metrics => Pairs.Metrics;

    /// <inheritdoc/>
    public string Term => "pair";

    /// <inheritdoc/>
    public long TermsOf(TokenBatch batch) => Pairs.Count(batch);

    /// <inheritdoc/>
    public void Begin(long step, IReadOnlyList<TokenBatch> batches, int firstIndex = 0) =>
        _references.Compute(batches, (batch, index) => reference.LogProbabilities(step, firstIndex + index, batch));

    /// <inheritdoc/>
    public void End() => _references.Dispose();

    /// <inheritdoc/>
    public bool HasFrozenNetwork => true;

    /// <inheritdoc/>
    public TimeSpan ExchangeTime => reference.ExchangeTime;

    /// <inheritdoc/>
    public TrunkHead? Head(TokenBatch batch, double factor, double[] metrics) => (tape, hidden) =>
    {
        var responses = new BatchResponses(batch);
        tape.Own(responses);
        var logProbabilities = tape.Segment("lm_head", [model.OutputHead], [hidden], inputs =>
            [("log-probabilities", model.LogProbabilities(responses.Select(inputs[0]), responses.Targets))])[0];
        var references = _references.Of(batch);
        return tape.Segment("preference loss", [], [logProbabilities], inputs =>
            [("loss", Loss(inputs[0] - references, responses.Layout, metrics))])[0];
    };

    private Tensor Loss(Tensor ratios, Responses? responses, double[] metrics)
    {
        if (responses is null) return ratios.sum(); // no pair
        var isIpo = options.Loss == PreferenceLossKind.Ipo;
        var (chosen, rejected) = Pairs.Split(isIpo ? responses.Mean(ratios) : responses.Sum(ratios));
        Pairs.Measure(options.Beta * chosen, options.Beta * rejected, metrics);
        return (isIpo
            ? PreferenceLoss.Ipo(chosen - rejected, options.Beta)
            : PreferenceLoss.Dpo(chosen - rejected, options.Beta, options.Smoothing)).sum();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _references.Dispose();
        reference.Dispose();
    }
}

/// <summary>The loss of a pair.</summary>
public enum PreferenceLossKind
{
    /// <summary>-log sigmoid, of DPO.</summary>
    Sigmoid,

    /// <summary>The squared distance of IPO.</summary>
    Ipo,
}

/// <summary>Options of preference optimisation.</summary>
/// <param name="Loss">The loss of a pair.</param>
/// <param name="Beta">Strength of the tie to the reference, above 0.</param>
/// <param name="Smoothing">Probability that a label is wrong, 0 to 0.5; 0 for IPO.</param>
public sealed record PreferenceOptions(PreferenceLossKind Loss, double Beta, double Smoothing = 0);
