using Distributed.Models.Layers;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families;

/// <summary>Checks YaRN's frequencies and factors.</summary>
internal static class YarnFamily
{
    public static void Check(GoldenCase golden)
    {
        var expected = golden.Load("expected.safetensors");
        double frequencyBound = golden.Tolerances.Get("inv_freq_rel", 1e-6), scaleBound = golden.Tolerances.Get("scales_rel", 1e-6);
        foreach (var (row, i) in golden.Params.Items.Select((row, i) => (row, i)))
        {
            var yarn = new YarnScaling
            {
                Factor = row.Number("factor"),
                OriginalMaxPositionEmbeddings = (int)row.Whole("orig"),
                BetaFast = row.Number("bf", 32),
                BetaSlow = row.Number("bs", 1),
                Mscale = row.Number("ms", 0),
                MscaleAllDim = row.Number("ma", 0),
            };
            var attention = new LatentAttentionShape
            {
                NumAttentionHeads = 1, KvLoraRank = 1, QkRopeHeadDim = (int)row.Whole("dim"), QkNopeHeadDim = (int)row.Whole("nope", 0),
                VHeadDim = 1,
            };
            var frequencies = RotaryFrequencies.Yarn(attention.QkRopeHeadDim, row.Number("theta", 10000), yarn);
            Compare.CloseEach($"{i}.inv_freq", tensor(frequencies), expected[$"{i}.inv_freq"], frequencyBound, 0);
            if (expected.TryGet($"{i}.attention_factor", out var factor))
                Compare.CloseEach($"{i}.attention_factor", tensor(new[] { yarn.CosSinFactor }), factor.view(1), scaleBound, 0);
            if (expected.TryGet($"{i}.softmax_scale", out var scale))
                Compare.CloseEach($"{i}.softmax_scale", tensor(new[] { attention.SoftmaxScale(yarn) }), scale.view(1), scaleBound, 0);
        }
    }
}
