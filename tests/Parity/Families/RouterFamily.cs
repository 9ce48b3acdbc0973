using Distributed.Models.Moe;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families;

/// <summary>Routers alone, in many settings; the softmax router of DeepSeek-V2 is not here yet.</summary>
internal static class RouterFamily
{
    public static void Check(GoldenCase golden)
    {
        var (inputs, expected) = (golden.Load("inputs.safetensors"), golden.Load("expected.safetensors"));
        var settings = golden.Params.AsArray();
        var checkedRouters = 0;
        for (var i = 0; i < settings.Count; i++)
        {
            var setting = settings[i]!;
            if (setting["kind"]!.ToString() != "v3") continue;
            checkedRouters++;
            var options = new RouterOptions
            {
                Experts = setting["E"]!.GetValue<int>(),
                ChosenPerToken = setting["k"]!.GetValue<int>(),
                Groups = setting["G"]!.GetValue<int>(),
                ChosenGroups = setting["TG"]!.GetValue<int>(),
                NormaliseWeights = setting["norm"]!.GetValue<bool>(),
                ScalingFactor = setting["scale"]!.GetValue<double>(),
            };
            var logits = nn.functional.linear(inputs[$"{i}.x"], inputs[$"{i}.weight"]);
            var bias = inputs.TryGetValue($"{i}.bias", out var given) ? given : zeros(options.Experts);
            var routing = SigmoidRouter.Choose(logits, bias, options);
            DeepSeekV3Family.CheckRouting($"{i}", routing, expected, golden.Tolerance("weights_abs", 2e-6));
            Compare.Same($"{i}.load", routing.Experts.flatten().bincount(null, minlength: options.Experts), expected[$"{i}.load"]);
        }

        if (checkedRouters == 0) GoldenTests.NotYet(golden, "the softmax router");
    }
}
