using Distributed.Tensors.Scripting;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Scripting;

/// <summary>Compares each operator with its formula in float64, forward and backward.</summary>
public sealed class ScriptedOperatorsTests
{
    private const double Tolerance = 1e-12;

    [Theory]
    [InlineData(1e-6, 7, 16)]
    [InlineData(0.1, 1, 5)]
    public void RmsNorm_Float64_IsTheFormula(double eps, long tokens, long width)
    {
        using var scope = NewDisposeScope();
        var random = new Generator(1);
        Tensor[] inputs = [Random(random, 2, tokens, width), Random(random, width)];

        AssertSame(
            inputs,
            x => ScriptedOperators.RmsNorm(x[0], x[1], eps),
            x => x[0] * (x[0].square().mean([-1], keepdim: true) + eps).rsqrt() * x[1]);
    }

    [Theory]
    [InlineData(false, 5, 9)]
    [InlineData(true, 6, 6)]
    [InlineData(true, 1, 1)]
    public void ScaledDotProductAttention_WidthsThatDiffer_IsTheFormula(bool causal, long queries, long keys)
    {
        using var scope = NewDisposeScope();
        var random = new Generator(2);
        Tensor[] inputs = [Random(random, 2, 3, queries, 8), Random(random, 2, 3, keys, 8), Random(random, 2, 3, keys, 4)];
        var mask = causal ? torch.ones(queries, keys, dtype: ScalarType.Bool).tril() : torch.ones(1, 1, dtype: ScalarType.Bool);

        AssertSame(
            inputs,
            x => ScriptedOperators.ScaledDotProductAttention(x[0], x[1], x[2], 0.7, causal),
            x => Attention(x, mask, 0.7));
    }

    [Fact]
    public void ScaledDotProductAttention_Mask_IsTheFormula()
    {
        using var scope = NewDisposeScope();
        var random = new Generator(3);
        Tensor[] inputs = [Random(random, 2, 3, 5, 8), Random(random, 2, 3, 7, 8), Random(random, 2, 3, 7, 8)];
        var mask = torch.rand(2, 1, 5, 7, generator: random) < 0.5;
        mask[TensorIndex.Ellipsis, 0] = torch.tensor(true); // each query attends to at least one key

        AssertSame(
            inputs,
            x => ScriptedOperators.ScaledDotProductAttention(x[0], x[1], x[2], 0.3, mask),
            x => Attention(x, mask, 0.3));
    }

    [Fact]
    public void ScaledDotProductAttention_WrongArguments_AreRefused()
    {
        using var scope = NewDisposeScope();
        var (query, key) = (torch.zeros(1, 1, 2, 4), torch.zeros(1, 1, 3, 4));

        Assert.Throws<ArgumentException>(() => ScriptedOperators.ScaledDotProductAttention(query, key, key, 1, causal: true));
        var error = Assert.Throws<ArgumentException>(
            () => ScriptedOperators.ScaledDotProductAttention(query, key, key, 1, torch.zeros(2, 3)));
        Assert.Contains("Float32", error.Message);
    }

    [Theory]
    [InlineData(ScalarType.Float32, 1e-6)]
    [InlineData(ScalarType.Float64, 1e-12)]
    public void FusedAdamW_SeveralTensorsAndSteps_IsTheFormula(ScalarType type, double tolerance)
    {
        const double Lr = 0.01, Beta1 = 0.9, Beta2 = 0.95, Decay = 0.1, Eps = 1e-8;
        using var scope = NewDisposeScope();
        var random = new Generator(4);
        long[][] shapes = [[5, 7], [33], [], [2, 3, 4]];
        var expected = shapes.Select(shape => Random(random, shape).to(type)).ToArray();
        var (m, v) = (expected.Select(p => torch.zeros_like(p)).ToArray(), expected.Select(p => torch.zeros_like(p)).ToArray());
        var actual = expected.Select(p => p.clone()).ToArray();
        var (fusedM, fusedV) = (m.Select(t => t.clone()).ToArray(), v.Select(t => t.clone()).ToArray());
        var steps = shapes.Select(_ => torch.zeros([])).ToArray();

        for (var step = 1; step <= 4; step++)
        {
            var gradients = shapes.Select(shape => Random(random, shape).to(type)).ToArray();
            for (var i = 0; i < shapes.Length; i++)
            {
                m[i] = m[i] * Beta1 + gradients[i] * (1 - Beta1);
                v[i] = v[i] * Beta2 + gradients[i].square() * (1 - Beta2);
                var (mHat, vHat) = (m[i] / (1 - Math.Pow(Beta1, step)), v[i] / (1 - Math.Pow(Beta2, step)));
                expected[i] = expected[i] * (1 - Lr * Decay) - Lr * mHat / (vHat.sqrt() + Eps);
            }
            ScriptedOperators.FusedAdamW(actual, gradients, fusedM, fusedV, steps, Lr, Beta1, Beta2, Decay, Eps);
        }

        for (var i = 0; i < shapes.Length; i++)
        {
            AssertClose(expected[i], actual[i], tolerance);
            AssertClose(m[i], fusedM[i], tolerance);
            AssertClose(v[i], fusedV[i], tolerance);
            Assert.Equal(4, steps[i].item<float>());
        }
    }

    [Fact]
    public void Operators_FromManyThreads_GiveTheSameBits()
    {
        using var x = torch.randn(64, 32, generator: new Generator(5));
        using var weight = torch.ones(32);
        using var expected = ScriptedOperators.RmsNorm(x, weight, 1e-6);
        var bits = expected.data<float>().ToArray();

        Parallel.For(0, 16, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ =>
        {
            using var y = ScriptedOperators.RmsNorm(x, weight, 1e-6);
            Assert.Equal(bits, y.data<float>().ToArray());
        });
    }

    private static Tensor Attention(Tensor[] x, Tensor mask, double scale) =>
        (x[0].matmul(x[1].transpose(-1, -2)) * scale).masked_fill(mask.logical_not(), double.NegativeInfinity)
            .softmax(-1).matmul(x[2]);

    private static Tensor Random(Generator generator, params long[] shape) =>
        torch.randn(shape, dtype: ScalarType.Float64, generator: generator);

    // Asserts equal values and, for a random gradient of the result, equal gradients.
    private static void AssertSame(Tensor[] inputs, Func<Tensor[], Tensor> actual, Func<Tensor[], Tensor> expected)
    {
        var (left, right) = (Leaves(inputs), Leaves(inputs));
        var (y, z) = (actual(left), expected(right));
        AssertClose(z, y, Tolerance);

        var gradient = torch.randn(z.shape, dtype: z.dtype, generator: new Generator(99));
        y.backward([gradient]);
        z.backward([gradient]);
        for (var i = 0; i < inputs.Length; i++) AssertClose(right[i].grad!, left[i].grad!, Tolerance);
    }

    private static Tensor[] Leaves(Tensor[] inputs) => [.. inputs.Select(x => x.detach().clone().requires_grad_())];

    private static void AssertClose(Tensor expected, Tensor actual, double tolerance)
    {
        Assert.Equal(expected.shape, actual.shape);
        Assert.Equal(expected.dtype, actual.dtype);
        var difference = (expected - actual).abs().max().to(ScalarType.Float64).item<double>();
        Assert.True(difference <= tolerance, $"differs by {difference}");
    }
}
