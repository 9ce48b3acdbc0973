using Distributed.Training.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Tests.Optimizers;

public sealed class RouterBiasTests
{
    [Fact]
    public void Update_IntegerLoadsOfSeveralLayers_MovesEachLayerIndependently()
    {
        using var scope = NewDisposeScope();
        var bias = torch.zeros(2, 3);

        RouterBias.Update(bias, torch.tensor(new long[,] { { 9, 3, 6 }, { 5, 5, 5 } }), 0.5);

        Assert.Equal([-0.5f, 0.5f, 0, 0, 0, 0], bias.data<float>().ToArray());
    }

    [Fact]
    public void Update_LoadsWhoseMeanIsNotRepresentable_ComparesExactly()
    {
        using var scope = NewDisposeScope();
        var bias = torch.zeros(3);
        var counts = new long[] { 1L << 40, 1L << 40, (1L << 40) + 1 };

        RouterBias.Update(bias, torch.tensor(counts), 1);

        Assert.Equal([1f, 1f, -1f], bias.data<float>().ToArray());
    }

    [Fact]
    public void Update_Centered_KeepsTheMean()
    {
        using var scope = NewDisposeScope();
        var bias = torch.zeros(4);

        RouterBias.Update(bias, torch.tensor(new long[] { 0, 0, 0, 8 }), 1, centered: true);

        Assert.Equal([0.5f, 0.5f, 0.5f, -1.5f], bias.data<float>().ToArray());
    }

    [Fact]
    public void Update_ShapesOrSpeedThatDoNotFit_AreRefused()
    {
        using var scope = NewDisposeScope();

        var error = Assert.Throws<ArgumentException>(() => RouterBias.Update(torch.zeros(4), torch.zeros(5), 1));
        Assert.Contains("[4] and the loads are [5]", error.Message);
        Assert.Throws<ArgumentException>(() => RouterBias.Update(torch.zeros(4), torch.zeros(4), -1));
        Assert.Throws<ArgumentException>(() => RouterBias.Update(torch.zeros(4, dtype: ScalarType.BFloat16), torch.zeros(4), 1));
    }
}
