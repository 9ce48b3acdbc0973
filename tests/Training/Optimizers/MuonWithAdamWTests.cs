using Distributed.Training.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Tests.Optimizers;

public sealed class MuonWithAdamWTests
{
    [Fact]
    public void Step_EveryKindOfParameter_UpdatesEachWithItsOptimizer()
    {
        using var scope = NewDisposeScope();
        string[] names = ["model.layers.0.mlp.up_proj.weight", "model.embed_tokens.weight", "lm_head.weight", "model.norm.weight"];
        Tensor[] Masters() => [torch.ones(4, 6), torch.ones(8, 4), torch.ones(8, 4), torch.ones(4)];
        var gradients = Masters().Select(m => torch.randn(m.shape, generator: new Generator(1))).ToArray();
        OptimizedParameter[] Parameters(Tensor[] masters) =>
            [.. names.Select((name, i) => new OptimizedParameter(name, masters[i], gradients[i], masters[i].dim() >= 2))];
        var (together, apart) = (Masters(), Masters());
        using var both = new MuonWithAdamW(new MuonWithAdamWOptions { MuonRateRatio = 20 });
        using var muon = new Muon();
        using var adamW = new AdamW();

        both.Step(Parameters(together), 0.001);
        muon.Step(Parameters(apart)[..1], 0.02);
        adamW.Step(Parameters(apart)[1..], 0.001);

        for (var i = 0; i < names.Length; i++) TensorAssert.Same(apart[i], together[i]);
        Assert.Equal(["momentum_buffer"], both.State().Where(s => s.Parameter == names[0]).Select(s => s.State));
        Assert.Equal(["exp_avg", "exp_avg_sq", "step"], both.State().Where(s => s.Parameter == names[2]).Select(s => s.State));
    }

    [Fact]
    public void Constructor_SettingsOutOfRange_ListsThemAll()
    {
        var error = Assert.Throws<ArgumentException>(() => new MuonWithAdamW(new MuonWithAdamWOptions
        {
            Muon = new MuonOptions { Momentum = 1, NewtonSchulzSteps = 0, NewtonSchulzType = ScalarType.Float64, WeightDecay = -1 },
            AdamW = new AdamWOptions { Eps = -1 },
            MuonRateRatio = 0,
        }));

        Assert.All(
            [
                "Muon: Momentum is 1", "NewtonSchulzSteps is 0", "NewtonSchulzType is Float64", "WeightDecay is -1",
                "AdamW: Eps is -1", "MuonRateRatio is 0",
            ],
            text => Assert.Contains(text, error.Message));
    }
}
