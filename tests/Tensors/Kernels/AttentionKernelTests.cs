using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Kernels;

public sealed class AttentionKernelTests
{
    [Theory]
    [ClassData<KernelTypes>]
    public void Apply_LengthsWidthsAndGroupsOfAnySize_EqualsThePlainForm(ScalarType type, double tolerance)
    {
        foreach (var (length, heads, groups, keys, values) in new[] { (1L, 2L, 2L, 8L, 8L), (63, 2, 1, 8, 16), (64, 4, 2, 24, 17),
            (150, 2, 2, 5, 3) })
        {
            foreach (var masked in new[] { false, true })
            {
                Tensor[] inputs =
                [
                    KernelAssert.Random(1, type, 2, length, heads, keys).requires_grad_(length > 1),
                    KernelAssert.Random(2, type, 2, length, groups, keys).requires_grad_(length > 1),
                    KernelAssert.Random(3, type, 2, length, groups, values).requires_grad_(),
                ];
                var mask = masked ? DocumentMask(length) : null;
                KernelAssert.Agree(inputs, x => [AttentionKernel.Apply(x[0], x[1], x[2], 0.3, mask)],
                    x => [AttentionKernel.Plain(x[0], x[1], x[2], 0.3, mask)], tolerance, hasProduct: true);
            }
        }
    }

    [Fact]
    public void Apply_LargeScores_StaysFinite()
    {
        using var scope = NewDisposeScope();
        var query = KernelAssert.Random(1, ScalarType.Float32, 1, 70, 2, 16) * 100;
        var output = AttentionKernel.Apply(query, query, query, 1, null);
        KernelAssert.Close(AttentionKernel.Plain(query.to(ScalarType.Float64), query.to(ScalarType.Float64), query.to(ScalarType.Float64),
            1, null), output, 1e-5, "output");
    }

    [Fact]
    public void Apply_HeadsThatDoNotFit_AreRefused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => AttentionKernel.Apply(zeros(1, 4, 3, 8), zeros(1, 4, 2, 8), zeros(1, 4, 2, 8), 1, null));
        Assert.Contains("Float64 [1, 4, 2, 8]",
            Assert.Throws<ArgumentException>(
                () => AttentionKernel.Apply(zeros(1, 4, 2, 8), zeros(1, 4, 2, 8, ScalarType.Float64), zeros(1, 4, 2, 8), 1, null)).Message);
    }

    [Fact]
    public void Apply_MaskOfAnotherShape_IsRefused()
    {
        using var scope = NewDisposeScope();
        var heads = zeros(2, 4, 2, 8);
        foreach (var mask in new[] { ones(1, 1, 4, 4, ScalarType.Bool), ones(2, 1, 4, 3, ScalarType.Bool), ones(2, 1, 4, 4) })
            Assert.Contains("Bool [2, 1, 4, 4]",
                Assert.Throws<ArgumentException>(() => AttentionKernel.Apply(heads, heads, heads, 1, mask)).Message);
    }

    [Fact]
    public void Apply_NoSequencesOrTokens_IsEmpty()
    {
        using var scope = NewDisposeScope();
        foreach (var (sequences, tokens) in new[] { (0L, 5L), (2, 0) })
        {
            var heads = zeros(sequences, tokens, 2, 8).requires_grad_();
            var output = AttentionKernel.Apply(heads, heads, heads, 1, null);
            Assert.Equal(0, autograd.grad([output], [heads], [zeros_like(output)])[0].numel());
            BackwardGuard.ThrowIfFailed();
        }
    }

    [Fact]
    public void Apply_OneNaN_AffectsLaterQueriesOnly()
    {
        using var scope = NewDisposeScope();
        var heads = KernelAssert.Random(1, ScalarType.Float32, 1, 80, 1, 8);
        var key = heads.clone();
        key[0, 70, 0, 3] = float.NaN;
        var output = AttentionKernel.Apply(heads, key, heads, 1, null);
        Assert.True(output.narrow(1, 0, 70).isfinite().all().item<bool>());
        Assert.True(output.narrow(1, 70, 10).isnan().all().item<bool>());
    }

    // Documents of forty tokens.
    private static Tensor DocumentMask(long length)
    {
        var documents = arange(length).div(40).floor().to(ScalarType.Int64).expand(2, -1);
        return documents.unsqueeze(2).eq(documents.unsqueeze(1)).logical_and(ones(length, length, ScalarType.Bool).tril()).unsqueeze(1);
    }
}
