using Distributed.Training.Objectives.Policy;
using TorchSharp;

namespace Distributed.Parity.Tests.Families.Objectives;

/// <summary>Weights between the learner and the engine that sampled.</summary>
internal static class ImportanceCases
{
    public static void Check(GoldenCase golden, GoldenTensors inputs)
    {
        var batch = new ObjectiveCase(golden, inputs, inputs["mask"]);
        var (old, sampled) = (batch.Tokens("old_logprobs"), batch.Tokens("rollout_logprobs"));
        foreach (var name in batch.Names)
        {
            if (name.StartsWith("sequence_cap", StringComparison.Ordinal))
            {
                var cap = ObjectiveCase.NumberAfter(name, "cap");
                batch.CheckTokens(name, ImportanceWeights.OfSequences(old, sampled, batch.Responses, cap));
            }
            else if (name.StartsWith("token_cap", StringComparison.Ordinal))
            {
                var weights = ImportanceWeights.OfTokens(old, sampled, ObjectiveCase.NumberAfter(name, "cap"));
                batch.CheckTokens(name, name.EndsWith("batchnorm", StringComparison.Ordinal)
                    ? ImportanceWeights.Normalise(weights, weights.sum().ToDouble(), batch.Responses.Tokens) : weights);
            }
            else if (name.StartsWith("token_icepop_", StringComparison.Ordinal))
            {
                var low = ObjectiveCase.NumberAfter(name, "icepop_");
                var high = ObjectiveCase.NumberAfter(name[name.LastIndexOf('_')..], "_");
                batch.CheckTokens(name, ImportanceWeights.InBand(old, sampled, low, high));
            }
        }

        batch.CheckComplete();
    }
}
