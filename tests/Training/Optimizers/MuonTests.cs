using Distributed.Training.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Tests.Optimizers;

public sealed class MuonTests
{
    [Theory]
    [InlineData(6, 10)]
    [InlineData(10, 6)]
    [InlineData(8, 8)]
    public void Step_StackOfMatrices_UpdatesEachAsIfAlone(long rows, long columns)
    {
        using var scope = NewDisposeScope();
        var generator = new Generator(1);
        var stack = torch.randn([3, rows, columns], dtype: ScalarType.Float64, generator: generator);
        var singles = stack.clone();
        using var together = new Muon();
        using var apart = new Muon();

        for (var step = 0; step < 3; step++)
        {
            var gradient = torch.randn([3, rows, columns], dtype: ScalarType.Float64, generator: generator);
            together.Step([new("experts", stack, gradient, true)], 0.02);
            apart.Step([.. Enumerable.Range(0, 3).Select(e => new OptimizedParameter($"expert.{e}", singles[e], gradient[e], true))], 0.02);
        }

        TensorAssert.Close(singles, stack, 1e-12);
    }

    [Fact]
    public void Orthogonalize_AnyWellConditionedMatrix_BringsSingularValuesNearOne()
    {
        using var scope = NewDisposeScope();
        var matrix = torch.randn([20, 60], dtype: ScalarType.Float64, generator: new Generator(2)) * 1000;

        var values = linalg.svdvals(NewtonSchulz.Orthogonalize(matrix, 5));

        Assert.InRange(values.min().item<double>(), 0.6, 1.3);
        Assert.InRange(values.max().item<double>(), 0.6, 1.3);
    }

    [Fact]
    public void Step_ZeroGradient_LeavesTheMatrixFinite()
    {
        using var optimizer = new Muon();
        using var matrix = torch.ones(3, 4);
        using var gradient = torch.zeros(3, 4);

        optimizer.Step([new("m", matrix, gradient, false)], 0.02);

        TensorAssert.Close(torch.ones(3, 4), matrix, 0);
    }

    [Fact]
    public void Step_Vector_IsRefused()
    {
        using var optimizer = new Muon();
        using var vector = torch.ones(3);

        var error = Assert.Throws<ArgumentException>(() => optimizer.Step([new("norm.weight", vector, vector, false)], 0.02));
        Assert.Contains("'norm.weight' cannot be updated: it has 1 dimensions", error.Message);
    }
}
