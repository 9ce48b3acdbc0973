using Distributed.Training.Objectives;
using Distributed.Training.Objectives.Advantages;
using Distributed.Training.Objectives.Policy;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families.Objectives;

/// <summary>Generalised advantage estimation, and the policy, value and entropy terms of PPO.</summary>
internal static class ValueCases
{
    public static void Check(GoldenCase golden, GoldenTensors inputs)
    {
        var batch = new ObjectiveCase(golden, inputs, inputs["mask"]);
        var settings = golden.Params;
        foreach (var name in batch.Names.Where(name => name.EndsWith(".returns", StringComparison.Ordinal)))
        {
            var prefix = name[..^".returns".Length];
            var (raw, whitened, returns) =
                Estimate(batch, ObjectiveCase.NumberAfter(prefix, "_g"), ObjectiveCase.NumberAfter(prefix, "_l"));
            batch.CheckTokens($"{prefix}.advantages_raw", raw);
            batch.CheckTokens($"{prefix}.advantages_whitened", whitened);
            batch.CheckTokens($"{prefix}.returns", returns);
        }

        var gae = settings["gae_for_loss"];
        var (_, advantages, targets) = Estimate(batch, gae.Number("gamma"), gae.Number("lambda"));
        var (old, oldValues) = (batch.Tokens("old_logprobs"), batch.Tokens("old_values"));
        var clip = new ClipRange(settings.Number("clip_ratio"), settings.Number("clip_ratio"));
        var range = settings.Number("value_clip");

        var (policyLogits, values) = (batch.Leaf("logits"), batch.Leaf("value_preds"));
        var policy = Policy(policyLogits);
        policy.backward();
        batch.Check("policy_loss", policy.detach());
        batch.Check("policy_loss.grad_logits", policyLogits.grad!);
        var value = Value(values);
        value.backward();
        batch.Check("value_loss", value.detach());
        batch.Check("value_loss.grad_values", values.grad!);
        batch.Check("value_clipfrac", ValueLoss.ClippedFraction(batch.Select(values), oldValues, targets, range));

        var (logits, predictions) = (batch.Leaf("logits"), batch.Leaf("value_preds"));
        var entropy = batch.Aggregate(Entropy.Of(batch.Select(logits)), LossAggregation.TokenMean);
        batch.Check("entropy", entropy.detach());
        var total = Policy(logits) + settings.Number("vf_coef") * Value(predictions) - settings.Number("entropy_coef") * entropy;
        total.backward();
        batch.Check("total_loss", total.detach());
        batch.Check("total.grad_logits", logits.grad!);
        batch.Check("total.grad_values", predictions.grad!);
        batch.CheckComplete();

        Tensor Policy(Tensor leaf) => batch.Aggregate(ClippedLoss.Of(
            PolicyRatio.OfTokens(batch.LogProbabilities(leaf, "response_ids"), old), advantages, clip), LossAggregation.TokenMean);

        Tensor Value(Tensor leaf) =>
            batch.Aggregate(ValueLoss.Of(batch.Select(leaf), oldValues, targets, range), LossAggregation.TokenMean);
    }

    private static (Tensor Raw, Tensor Whitened, Tensor Returns) Estimate(ObjectiveCase batch, double gamma, double lambda)
    {
        var (rewards, values) = (batch.Tokens("rewards").data<double>().ToArray(), batch.Tokens("old_values").data<double>().ToArray());
        List<double> advantages = [], returns = [];
        var start = 0;
        foreach (var length in batch.Responses.Lengths)
        {
            var estimated = GeneralizedAdvantages.Of(rewards.AsSpan(start, length), values.AsSpan(start, length), gamma, lambda);
            advantages.AddRange(estimated.Advantages);
            returns.AddRange(estimated.Returns);
            start += length;
        }

        var mean = advantages.Average();
        var whitening = Whitening.Of(advantages.Count, advantages.Sum(), advantages.Sum(value => (value - mean) * (value - mean)));
        return (tensor(advantages.ToArray()), tensor(advantages.Select(whitening.Apply).ToArray()), tensor(returns.ToArray()));
    }
}
