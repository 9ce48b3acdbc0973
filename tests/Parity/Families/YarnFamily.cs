using Distributed.Models.DeepSeekV3;
using Distributed.Models.Layers;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families;

/// <summary>YaRN's frequencies and factors.</summary>
internal static class YarnFamily
{
    public static void Check(GoldenCase golden)
    {
        var expected = golden.Load("expected.safetensors");
        var settings = golden.Params.AsArray();
        double frequencyBound = golden.Tolerance("inv_freq_rel", 1e-6), scaleBound = golden.Tolerance("scales_rel", 1e-6);
        for (var i = 0; i < settings.Count; i++)
        {
            double Number(string key) => settings[i]![key]!.GetValue<double>();
            var yarn = new YarnScaling
            {
                Factor = Number("factor"),
                OriginalMaxPositionEmbeddings = (int)Number("orig"),
                BetaFast = Number("bf"),
                BetaSlow = Number("bs"),
                Mscale = Number("ms"),
                MscaleAllDim = Number("ma"),
            };
            var config = new DeepSeekV3Config { QkRopeHeadDim = (int)Number("dim"), QkNopeHeadDim = (int)Number("nope"), RopeScaling = yarn };
            var frequencies = RotaryFrequencies.Yarn(config.QkRopeHeadDim, Number("theta"), yarn);
            Compare.CloseEach($"{i}.inv_freq", tensor(frequencies), expected[$"{i}.inv_freq"], frequencyBound, 0);
            Compare.CloseEach($"{i}.attention_factor", tensor(new[] { yarn.CosSinFactor }), expected[$"{i}.attention_factor"], scaleBound, 0);
            Compare.CloseEach($"{i}.softmax_scale", tensor(new[] { config.SoftmaxScale }), expected[$"{i}.softmax_scale"], scaleBound, 0);
        }
    }
}
