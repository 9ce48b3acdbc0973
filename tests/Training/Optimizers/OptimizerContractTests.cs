using Distributed.Tensors.Kernels;
using Distributed.Training.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Tests.Optimizers;

/// <summary>Contract tests of <see cref="IOptimizer"/>, run for every implementation.</summary>
public abstract class OptimizerContractTests
{
    protected abstract IOptimizer Create();

    [Fact]
    public void LoadState_IntoANewOptimizer_ContinuesBitForBit()
    {
        using var scope = NewDisposeScope();
        using var first = Create();
        var generator = new Generator(3);
        var masters = Masters(generator);
        for (var step = 0; step < 3; step++) first.Step(WithGradients(masters, new Generator((ulong)step)), 0.01);

        using var second = Create();
        foreach (var state in first.State()) second.LoadState(state.Parameter, state.State, state.Value.clone());
        var copies = masters.ToDictionary(p => p.Key, p => p.Value.clone());
        first.Step(WithGradients(masters, new Generator(9)), 0.01);
        second.Step([.. WithGradients(copies, new Generator(9)).Reverse()], 0.01);

        Assert.All(masters, p => TensorAssert.Same(p.Value, copies[p.Key]));
        Assert.Equal(first.State().Select(s => (s.Parameter, s.State)), second.State().Select(s => (s.Parameter, s.State)));
        foreach (var (expected, actual) in first.State().Zip(second.State())) TensorAssert.Same(expected.Value, actual.Value);
    }

    [Fact]
    public void State_OutsideAnyScope_OutlivesTheStepsScope()
    {
        using var optimizer = Create();
        using var matrix = torch.ones(3, 4);
        using var gradient = torch.ones(3, 4);

        using (NewDisposeScope()) optimizer.Step([new("m", matrix, gradient, true)], 0.01);

        Assert.NotEmpty(optimizer.State());
        Assert.All(optimizer.State(), s => Assert.False(s.Value.IsInvalid));
    }

    [Fact]
    public void Step_GradientFactor_IsTheStepOfScaledGradients()
    {
        using var scope = NewDisposeScope();
        using IOptimizer factored = Create(), scaled = Create();
        var masters = Masters(new Generator(6));
        var copies = masters.ToDictionary(p => p.Key, p => p.Value.clone());

        factored.Step(WithGradients(masters, new Generator(7)), 0.01, gradientFactor: 0.25);
        scaled.Step([.. WithGradients(copies, new Generator(7)).Select(p => p with { Gradient = p.Gradient * 0.25 })], 0.01);

        Assert.All(masters, p => TensorAssert.Same(copies[p.Key], p.Value));
    }

    [Fact]
    public void Step_NarrowCopy_IsTheMasterRounded()
    {
        using var scope = NewDisposeScope();
        using var optimizer = Create();
        var (matrix, copy) = (torch.randn(5, 3, generator: new Generator(8)), torch.zeros(5, 3, ScalarType.BFloat16));

        optimizer.Step([new("m", matrix, torch.randn(5, 3, generator: new Generator(9)), true, copy)], 0.01);

        TensorAssert.Same(matrix.to(ScalarType.BFloat16), copy);
    }

    [Fact]
    public void Step_LearningRateZero_ChangesNothingButState()
    {
        using var scope = NewDisposeScope();
        using var optimizer = Create();
        var masters = Masters(new Generator(4));
        var before = masters.ToDictionary(p => p.Key, p => p.Value.clone());

        optimizer.Step(WithGradients(masters, new Generator(5)), 0);

        Assert.All(masters, p => TensorAssert.Close(before[p.Key], p.Value, 0));
    }

    [Fact]
    public void Step_OneBadParameterAmongGoodOnes_IsRefusedBeforeAnythingChanges()
    {
        using var scope = NewDisposeScope();
        using var optimizer = Create();
        var (good, bad) = (torch.ones(3, 4), torch.ones(2, 5));
        OptimizedParameter fine = new("good", good, torch.ones(3, 4), true);

        void Refused(string says, params OptimizedParameter[] parameters)
        {
            var error = Assert.Throws<ArgumentException>(() => optimizer.Step(parameters, 0.01));
            Assert.Contains(says, error.Message);
        }

        Refused("'bad' cannot be updated: its gradient is Float32 [5, 2]", fine, new("bad", bad, torch.ones(5, 2), true));
        Refused("its gradient is Float64", fine, new("bad", bad, torch.ones(2, 5, dtype: ScalarType.Float64), true));
        Refused("BFloat16", fine, new("bad", bad.to(ScalarType.BFloat16), bad.to(ScalarType.BFloat16), true));
        Refused("not contiguous", fine, new("bad", torch.ones(5, 2).t(), bad, true));
        Refused("given twice", fine, fine);
        Assert.Throws<ArgumentException>(() => optimizer.Step([fine], -1));
        Assert.Throws<ArgumentException>(() => optimizer.Step([fine], double.NaN));
        TensorAssert.Same(torch.ones(3, 4), good);
        Assert.Empty(optimizer.State());
    }

    [Fact]
    public void LoadState_ThatDoesNotFit_IsRefused()
    {
        using var scope = NewDisposeScope();
        using var optimizer = Create();
        var matrix = torch.ones(3, 4);
        optimizer.Step([new("m", matrix, matrix.clone(), true)], 0.01);
        var state = optimizer.State().First();

        var unknown = Assert.Throws<ArgumentException>(() => optimizer.LoadState("m", "max_exp_avg_sq", matrix));
        Assert.Contains("max_exp_avg_sq", unknown.Message);
        optimizer.LoadState("m", state.State, torch.ones(7));
        var shape = Assert.Throws<ArgumentException>(() => optimizer.Step([new("m", matrix, matrix.clone(), true)], 0.01));
        Assert.Contains($"its state '{state.State}' is Float32 [7]", shape.Message);
    }

    [Fact]
    public void Forget_AParameter_StartsItAfresh()
    {
        using var scope = NewDisposeScope();
        using var optimizer = Create();
        var (matrix, gradient) = (torch.ones(3, 4), torch.randn(3, 4, generator: new Generator(6)));
        optimizer.Step([new("m", matrix, gradient, true)], 0.01);
        var once = matrix.clone();

        optimizer.Forget("m");
        optimizer.Forget("unknown");
        Assert.Empty(optimizer.State());
        matrix.fill_(1);
        optimizer.Step([new("m", matrix, gradient, true)], 0.01);

        TensorAssert.Same(once, matrix);
    }

    /// <summary>Returns parameters of the kinds that the optimizer accepts.</summary>
    protected virtual Dictionary<string, Tensor> Masters(Generator generator) => new()
    {
        ["wide"] = torch.randn(4, 6, generator: generator),
        ["experts"] = torch.randn(2, 5, 3, generator: generator),
    };

    private static OptimizedParameter[] WithGradients(Dictionary<string, Tensor> masters, Generator generator) =>
        [.. masters.Select(p => new OptimizedParameter(
            p.Key, p.Value, torch.randn(p.Value.shape, dtype: p.Value.dtype, generator: generator), p.Value.dim() >= 2))];
}

public sealed class AdamWContractTests : OptimizerContractTests
{
    protected override IOptimizer Create() => new AdamW();

    protected override Dictionary<string, Tensor> Masters(Generator generator) => new(base.Masters(generator))
    {
        ["norm"] = torch.randn(7, generator: generator),
        ["double"] = torch.randn([3], dtype: ScalarType.Float64, generator: generator),
    };
}

public sealed class PlainAdamWContractTests : OptimizerContractTests
{
    protected override IOptimizer Create() => new AdamW(kernels: KernelChoice.Plain);
}

public sealed class MuonContractTests : OptimizerContractTests
{
    protected override IOptimizer Create() => new Muon();
}

public sealed class MuonWithAdamWContractTests : OptimizerContractTests
{
    protected override IOptimizer Create() => new MuonWithAdamW();

    protected override Dictionary<string, Tensor> Masters(Generator generator) => new(base.Masters(generator))
    {
        ["model.embed_tokens.weight"] = torch.randn(9, 4, generator: generator),
        ["model.norm.weight"] = torch.randn(4, generator: generator),
    };
}
