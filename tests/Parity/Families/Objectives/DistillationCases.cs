using Distributed.Tensors.Kernels;
using Distributed.Training.Objectives;
using Distributed.Training.Objectives.Advantages;
using Distributed.Training.Objectives.Distillation;
using Distributed.Training.Objectives.Policy;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families.Objectives;

/// <summary>Distillation on a teacher's distribution, and on the student's own samples.</summary>
internal static class DistillationCases
{
    public static void Check(GoldenCase golden, GoldenTensors inputs)
    {
        var batch = new ObjectiveCase(golden, inputs, inputs["mask"]);
        var teacher = batch.Tokens("teacher_logits");
        foreach (var name in batch.Names.Where(name => name.EndsWith("grad_student_logits", StringComparison.Ordinal)).ToArray())
        {
            var kind = name[..^".grad_student_logits".Length];
            var leaf = batch.Leaf("student_logits");
            var student = batch.Select(leaf);
            var temperature = kind.Contains("temp", StringComparison.Ordinal) ? ObjectiveCase.NumberAfter(kind, "temp") : 1;
            var losses = kind.StartsWith("forward", StringComparison.Ordinal) ? DivergenceLoss.ForwardKl(student, teacher, temperature)
                : kind.StartsWith("reverse", StringComparison.Ordinal) ? DivergenceLoss.ReverseKl(student, teacher, temperature)
                : DivergenceLoss.JensenShannon(student, teacher, ObjectiveCase.NumberAfter(kind, "jsd_"), temperature);
            var loss = batch.Aggregate(losses, LossAggregation.TokenMean);
            loss.backward();
            batch.CheckTokens($"{kind}.per_token", losses);
            batch.Check($"{kind}.loss", loss.detach());
            batch.Check(name, leaf.grad!);
        }

        CheckOnPolicy(golden, batch);
        batch.CheckComplete();
    }

    private static void CheckOnPolicy(GoldenCase golden, ObjectiveCase batch)
    {
        var leaf = batch.Leaf("student_logits");
        var log = batch.LogProbabilities(leaf, "response_ids");
        var teacher = batch.LogProbabilities(batch.Leaf("teacher_logits").detach(), "response_ids");
        var advantages = OnPolicyDistillation.Advantages(log, teacher, golden.Params.Number("onpolicy_coef"));
        batch.CheckTokens("onpolicy.reverse_kl_token", -OnPolicyDistillation.Advantages(log, teacher));
        batch.CheckTokens("onpolicy.advantage", advantages);
        foreach (var name in batch.Names.Where(name => name.StartsWith("onpolicy.advantage_discounted_", StringComparison.Ordinal)))
            batch.CheckTokens(name, Discounted(batch.Responses, advantages, ObjectiveCase.NumberAfter(name, "discounted_")));

        var loss = batch.Aggregate(-PolicyRatio.OfItself(log) * advantages, LossAggregation.TokenMean);
        loss.backward();
        batch.Check("onpolicy.pg_loss", loss.detach());
        batch.Check("onpolicy.pg_grad_logits", leaf.grad!);
    }

    // The sum of the later advantages of a response is their estimate without values.
    private static Tensor Discounted(Responses responses, Tensor advantages, double gamma)
    {
        var (rewards, all, start) = (advantages.data<double>().ToArray(), new List<double>(), 0);
        foreach (var length in responses.Lengths)
        {
            all.AddRange(GeneralizedAdvantages.Of(rewards.AsSpan(start, length), new double[length], gamma, lambda: 1).Advantages);
            start += length;
        }

        return tensor(all.ToArray());
    }
}
