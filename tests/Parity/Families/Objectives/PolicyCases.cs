using Distributed.Training.Objectives;
using Distributed.Training.Objectives.Policy;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families.Objectives;

/// <summary>Policy losses of one batch, with their gradients by log-probability and by logit.</summary>
internal static class PolicyCases
{
    public static void Check(GoldenCase golden, GoldenTensors inputs)
    {
        var batch = new ObjectiveCase(golden, inputs, inputs["mask"]);
        var settings = golden.Params;
        var (old, reference, sampled) = (batch.Tokens("old_logprobs"), batch.Tokens("ref_logprobs"), batch.Tokens("rollout_logprobs"));
        var advantages = batch.Responses.Spread(inputs["advantages"].to(ScalarType.Float64));
        var (low, high, beta) = (settings.Number("eps_low"), settings.Number("eps_high_default"), settings.Number("beta_kl"));
        var symmetric = new ClipRange(low, high);
        var higher = new ClipRange(low, settings.Number("dapo_eps_high"));
        var constant = (int)settings.Whole("dr_grpo_max_completion_length");
        var gspo = settings["gspo_eps"].Items is [var gspoLow, var gspoHigh]
            ? new ClipRange(gspoLow.AsNumber!.Value, gspoHigh.AsNumber!.Value) : symmetric;

        Tensor Clipped(Tensor log, ClipRange clip) => ClippedLoss.Of(PolicyRatio.OfTokens(log, old), advantages, clip);
        Tensor WithKl(Tensor log) => Clipped(log, symmetric) + beta * KlEstimate.Of(KlEstimator.K3, log, reference);
        Loss("grpo_seqmean_nokl", log => batch.Aggregate(Clipped(log, symmetric), LossAggregation.SequenceMean));
        Loss("grpo_seqmean_kl", log => batch.Aggregate(WithKl(log), LossAggregation.SequenceMean));
        Loss("tokenmean_bnpo", log => batch.Aggregate(Clipped(log, symmetric), LossAggregation.TokenMean));
        Loss("dapo_tokenmean_cliphigher", log => batch.Aggregate(Clipped(log, higher), LossAggregation.TokenMean));
        Loss("dr_grpo_constant", log => batch.Aggregate(Clipped(log, symmetric), LossAggregation.Constant, constant));
        Loss("dr_grpo_constant_kl", log => batch.Aggregate(WithKl(log), LossAggregation.Constant, constant));
        Loss("gspo_sequence", log => batch.Aggregate(
            ClippedLoss.Of(PolicyRatio.OfSequences(log, old, batch.Responses), advantages, gspo), LossAggregation.SequenceMean));
        Loss("cispo", log => batch.Aggregate(CispoLoss.Of(log, PolicyRatio.OfTokens(log, old), advantages,
            settings["cispo"].Number("max_ratio"), settings["cispo"].Number("min_ratio", 0)), LossAggregation.TokenMean));
        Loss("tis_weighted_tokenmean", log => batch.Aggregate(
            ImportanceWeights.OfTokens(old, sampled, settings.Number("tis_cap")) * Clipped(log, higher), LossAggregation.TokenMean));
        Loss("dual_clip_c3_tokenmean", log => batch.Aggregate(ClippedLoss.Of(PolicyRatio.OfTokens(log, old - 0.9), advantages,
            symmetric with { Dual = settings.Number("dual_clip_c") }), LossAggregation.TokenMean));

        var logits = batch.Leaf("logits");
        var log = batch.LogProbabilities(logits, "response_ids");
        batch.CheckTokens("logprobs", log);
        batch.CheckTokens("k1_kl", KlEstimate.Of(KlEstimator.K1, log, reference));
        batch.CheckTokens("k2_kl", KlEstimate.Of(KlEstimator.K2, log, reference));
        batch.CheckTokens("k3_kl", KlEstimate.Of(KlEstimator.K3, log, reference));
        batch.CheckTokens("entropy", Entropy.Of(batch.Select(logits)));
        batch.CheckTokens("tis_weights", ImportanceWeights.OfTokens(old, sampled, settings.Number("tis_cap")));
        batch.Check($"clipfrac_0.2_0.2", ClippedLoss.ClippedFraction(PolicyRatio.OfTokens(log, old), advantages, symmetric));
        batch.CheckComplete();

        void Loss(string name, Func<Tensor, Tensor> loss)
        {
            var leaf = batch.Leaf("logits");
            var log = batch.LogProbabilities(leaf, "response_ids");
            log.retain_grad();
            var value = loss(log);
            value.backward();
            batch.Check($"{name}.loss", value.detach());
            batch.CheckTokens($"{name}.grad_logprobs", log.grad!);
            batch.Check($"{name}.grad_logits", leaf.grad!);
        }
    }
}
