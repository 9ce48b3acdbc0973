using Distributed.Training.Objectives.Preferences;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families.Objectives;

/// <summary>Losses on pairs of a chosen and a rejected response.</summary>
internal static class PreferenceCases
{
    public static void CheckPairs(GoldenCase golden, GoldenTensors inputs)
    {
        var settings = golden.Params;
        var chosen = new ObjectiveCase(golden, inputs, inputs["chosen_mask"]);
        var rejected = new ObjectiveCase(golden, inputs, inputs["rejected_mask"]);
        var references = (Chosen: inputs["ref_chosen_logps"].to(ScalarType.Float64),
            Rejected: inputs["ref_rejected_logps"].to(ScalarType.Float64));
        foreach (var item in settings["betas"].Items)
        {
            var (beta, name) = (item.AsNumber!.Value, $"sigmoid_b{item.Text}");
            var leaves = (Chosen: chosen.Leaf("chosen_logits"), Rejected: rejected.Leaf("rejected_logits"));
            var ratios = Ratios(leaves.Chosen, leaves.Rejected);
            var losses = PreferenceLoss.Dpo(ratios.Chosen - ratios.Rejected, beta);
            losses.mean().backward();
            chosen.Check($"{name}.per_pair", losses.detach());
            chosen.Check($"{name}.loss", losses.detach().mean());
            chosen.Check($"{name}.chosen_rewards", beta * ratios.Chosen.detach());
            chosen.Check($"{name}.rejected_rewards", beta * ratios.Rejected.detach());
            chosen.Check($"{name}.accuracy", ratios.Chosen.gt(ratios.Rejected).to(ScalarType.Float64).mean());
            chosen.Check($"{name}.grad_chosen_logits", leaves.Chosen.grad!);
            chosen.Check($"{name}.grad_rejected_logits", leaves.Rejected.grad!);
        }

        var (own, other) = (chosen.Leaf("chosen_logits"), rejected.Leaf("rejected_logits"));
        var plain = Ratios(own, other);
        chosen.Check("chosen_logps", (plain.Chosen + references.Chosen).detach());
        chosen.Check("rejected_logps", (plain.Rejected + references.Rejected).detach());
        foreach (var name in chosen.Names.Where(name => name.StartsWith("cdpo", StringComparison.Ordinal)))
        {
            chosen.Check(name, PreferenceLoss.Dpo(plain.Chosen - plain.Rejected, ObjectiveCase.NumberAfter(name, "_b"),
                ObjectiveCase.NumberAfter(name, "_ls")).mean().detach());
        }

        foreach (var name in chosen.Names.Where(name => name.StartsWith("ipo", StringComparison.Ordinal)))
        {
            var margins = plain.Chosen / chosen.Responses.LengthOfSequence - plain.Rejected / rejected.Responses.LengthOfSequence;
            chosen.Check(name, PreferenceLoss.Ipo(margins, ObjectiveCase.NumberAfter(name, "_b")).mean().detach());
        }

        chosen.CheckComplete();

        (Tensor Chosen, Tensor Rejected) Ratios(Tensor chosenLogits, Tensor rejectedLogits) =>
        (
            chosen.Responses.Sum(chosen.LogProbabilities(chosenLogits, "chosen_ids")) - references.Chosen,
            rejected.Responses.Sum(rejected.LogProbabilities(rejectedLogits, "rejected_ids")) - references.Rejected
        );
    }

    public static void CheckRewards(GoldenCase golden, GoldenTensors inputs)
    {
        var expected = golden.Load("expected.safetensors");
        var margin = inputs["margin"].to(ScalarType.Float64);
        Loss("plain", null, 0);
        Loss("margin", margin, 0);
        Loss("centered", null, golden.Params.Number("center_coefficient"));
        Compare.CloseEach($"{golden.Name}: accuracy", inputs["chosen"].gt(inputs["rejected"]).to(ScalarType.Float64).mean().reshape(1),
            expected["accuracy"], 1e-5, 1e-5);

        void Loss(string name, Tensor? margins, double centring)
        {
            var (chosen, rejected) = (Leaf("chosen"), Leaf("rejected"));
            var loss = BradleyTerryLoss.Of(chosen, rejected, margins, centring).mean();
            loss.backward();
            Check($"{name}.loss", loss.detach().reshape(1));
            Check($"{name}.grad_chosen", chosen.grad!);
            Check($"{name}.grad_rejected", rejected.grad!);
        }

        Tensor Leaf(string name) => inputs[name].to(ScalarType.Float64).detach().requires_grad_();

        void Check(string name, Tensor actual) => Compare.CloseEach($"{golden.Name}: {name}", actual, expected[name],
            golden.Tolerances.Get("rel", 1e-5), golden.Tolerances.Get("abs", 1e-5));
    }
}
