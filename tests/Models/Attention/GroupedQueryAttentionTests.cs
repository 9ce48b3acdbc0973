using Distributed.Models.Families;
using Distributed.Models.Layers;
using Distributed.Models.Parameters;
using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Models.Tests.Attention;

public sealed class GroupedQueryAttentionTests
{
    private const int B = 2, S = 9, D = 24, H = 6, W = 10;

    /// <summary>Number of key-value heads, rotary factor, whether there are norms, biases and documents.</summary>
    public static TheoryData<int, double, bool, bool, bool> Shapes => new()
    {
        { 2, 0.4, true, true, true }, { 2, 0.4, false, true, false }, { 1, 1, true, false, false }, { 6, 1, false, false, true },
        { 3, 0.8, true, true, false },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Forward_EitherKernels_EqualsTheReferenceInFloat64(int groups, double factor, bool norm, bool bias, bool documents)
    {
        foreach (var kernels in Enum.GetValues<KernelChoice>())
        {
            using var scope = NewDisposeScope();
            var (config, shape) = Configuration(groups, factor, norm, bias);
            using var parameters = new ParameterSet(ScalarType.Float64, ScalarType.Float64, kernels);
            var attention = new GroupedQueryAttention(parameters, "a", config, shape);
            Fill(parameters);
            var x = Random(1, B, S, D).requires_grad_();
            var context = Context(shape, documents);

            var found = attention.Forward(x, context);
            var expected = Reference(x, context.Mask, config, shape, parameters);
            Close(expected, found, "output");

            var weights = parameters.All.Select(parameter => parameter.Value).Prepend(x).ToArray();
            var direction = Random(2, B, S, D);
            var (ofFound, ofExpected) = (autograd.grad([found], weights, [direction]), autograd.grad([expected], weights, [direction]));
            BackwardGuard.ThrowIfFailed();
            for (var i = 0; i < weights.Length; i++)
                Close(ofExpected[i], ofFound[i], i == 0 ? "gradient of x" : $"gradient of {parameters.All[i - 1].Name}");
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Forward_InPiecesFromTheCache_EqualsTheWhole(int groups, double factor, bool norm, bool bias, bool documents)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var (config, shape) = Configuration(groups, factor, norm, bias);
        using var parameters = new ParameterSet(ScalarType.Float64, ScalarType.Float64,
            documents ? KernelChoice.Plain : KernelChoice.Fused);
        var attention = new GroupedQueryAttention(parameters, "a", config, shape);
        Fill(parameters);
        var x = Random(1, B, S, D);
        var whole = attention.Forward(x, Context(shape, documents: false));
        using var cache = new AttentionCache();

        foreach (var (first, count) in new[] { (0, 4), (4, 1), (5, 3), (8, 1) })
        {
            var positions = Rotary(shape).At(arange(first, first + count).expand(B, -1), ScalarType.Float64);
            Close(whole.narrow(1, first, count), attention.Forward(x.narrow(1, first, count), new AttentionContext(positions, null), cache),
                $"tokens from {first}");
        }
    }

    // Written from the definition, head by head; shares only the parameters with the implementation.
    private static Tensor Reference(Tensor x, Tensor? mask, DecoderConfig config, GroupedQueryShape shape, ParameterSet parameters)
    {
        var weights = parameters.All
            .SelectMany(parameter => parameter.Views.Select(view => (view.Name, Value: view.Select(parameter.Value))))
            .ToDictionary(view => view.Name, view => view.Value);
        Tensor Project(string name, long heads)
        {
            var y = x.matmul(weights[$"a.{name}.weight"].t());
            if (weights.TryGetValue($"a.{name}.bias", out var bias)) y = y + bias;
            return y.view(B, S, heads, W).transpose(1, 2); // [B, heads, S, W]
        }

        Tensor Normed(Tensor y, string name) =>
            shape.UseQkNorm ? y / (y.pow(2).mean([-1], keepdim: true) + config.RmsNormEps).sqrt() * weights[$"a.{name}.weight"] : y;
        Tensor Rotated(Tensor y)
        {
            var width = shape.RotaryWidth;
            // [S, P/2]
            var angles = arange(S, ScalarType.Float64).unsqueeze(1)
                * pow(config.RopeTheta, arange(0, width, 2, ScalarType.Float64) / -width);
            var (cos, sin) = (cat([angles, angles], -1).cos(), cat([angles, angles], -1).sin());
            var rotary = y.narrow(-1, 0, width);
            var half = cat([-rotary.narrow(-1, width / 2, width / 2), rotary.narrow(-1, 0, width / 2)], -1);
            return cat([rotary * cos + half * sin, y.narrow(-1, width, W - width)], -1);
        }

        var query = Rotated(Normed(Project("q_proj", H), "q_norm"));
        var shared = H / shape.NumKeyValueHeads;
        var key = Rotated(Normed(Project("k_proj", shape.NumKeyValueHeads), "k_norm")).repeat_interleave(shared, 1);
        var value = Project("v_proj", shape.NumKeyValueHeads).repeat_interleave(shared, 1);
        var scores = query.matmul(key.transpose(-1, -2)) / Math.Sqrt(W);
        var seen = mask ?? ones(S, S, ScalarType.Bool).tril();
        var mixed = scores.masked_fill(seen.logical_not(), double.NegativeInfinity).softmax(-1).matmul(value);
        return mixed.transpose(1, 2).reshape(B, S, H * W).matmul(weights["a.o_proj.weight"].t());
    }

    private static (DecoderConfig, GroupedQueryShape) Configuration(int groups, double factor, bool norm, bool bias)
    {
        var shape = new GroupedQueryShape
        {
            NumAttentionHeads = H, NumKeyValueHeads = groups, HeadDim = W, PartialRotaryFactor = factor, UseQkNorm = norm,
            AttentionBias = bias,
        };
        return (Glm4Moe.Family.Published with { HiddenSize = D, Attention = shape, RmsNormEps = 1e-5, RopeTheta = 500 }, shape);
    }

    private static RotaryEmbedding Rotary(GroupedQueryShape shape) =>
        new(RotaryFrequencies.Plain(shape.RotaryWidth, 500), 1, interleaved: false);

    private static AttentionContext Context(GroupedQueryShape shape, bool documents) => new(
        Rotary(shape).At(arange(S).expand(B, -1), ScalarType.Float64),
        documents ? AttentionContext.DocumentMask(stack([arange(S).floor_divide(4), arange(S).floor_divide(5)])) : null);

    private static void Fill(ParameterSet parameters)
    {
        parameters.Allocate();
        using var _ = no_grad();
        foreach (var (index, parameter) in parameters.All.Index()) parameter.Value.copy_(Random(10 + index, parameter.Shape) * 0.3);
    }

    private static Tensor Random(int seed, params long[] shape)
    {
        using var generator = new Generator((ulong)seed);
        return randn(shape, ScalarType.Float64, generator: generator);
    }

    private static void Close(Tensor expected, Tensor found, string name)
    {
        Assert.Equal(expected.shape, found.shape);
        var (difference, largest) = ((expected - found).abs().max().item<double>(), expected.abs().max().item<double>());
        Assert.True(difference <= 1e-12 * largest, $"{name}: differs by {difference:E2}, largest {largest:E2}");
    }
}
