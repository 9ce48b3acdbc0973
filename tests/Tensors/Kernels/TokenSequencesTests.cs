using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Kernels;

public sealed class TokenSequencesTests
{
    [Fact]
    public void RowsOf_EqualAndGivenLengths_AreConsecutive()
    {
        TokenSequences equal = 3;
        Assert.Equal([(0L, 4L), (4, 8), (8, 12)], Enumerable.Range(0, 3).Select(sequence => equal.RowsOf(sequence, 12)));
        var given = TokenSequences.Of([1, 5, 2]);
        Assert.Equal([(0L, 1L), (1, 6), (6, 8)], Enumerable.Range(0, 3).Select(sequence => given.RowsOf(sequence, 8)));
        Assert.Equal([0L, 1, 6, 8], given.Begins(8).data<long>().ToArray());
    }

    [Fact]
    public void Sequences_ThatDoNotCoverTheTokens_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => TokenSequences.Of([1, 5, 2]).RequireTokens(9));
        Assert.Throws<ArgumentException>(() => ((TokenSequences)3).RequireTokens(10));
        Assert.Throws<ArgumentOutOfRangeException>(() => TokenSequences.Of([1, 0]));
    }

    [Fact]
    public void BalanceLoss_OfSequencesOfDifferentLengths_IsTheSumOfTheirLosses()
    {
        using var scope = NewDisposeScope();
        var options = new RouterOptions { Experts = 6, ChosenPerToken = 2 };
        var logits = KernelAssert.Random(1, ScalarType.Float64, 8, 6);
        foreach (var kernels in Enum.GetValues<KernelChoice>())
        {
            RouterChoice Choose(Tensor of, TokenSequences sequences) =>
                RouterKernel.Apply(of, zeros(6, ScalarType.Float64), options, sequences, kernels: kernels);
            var whole = Choose(logits, TokenSequences.Of([1, 5, 2]));
            var parts = new[] { (0L, 1L), (1, 5), (6, 2) }.Sum(
                part => Choose(logits.narrow(0, part.Item1, part.Item2), 1).BalanceLoss.item<double>());
            Assert.Equal(parts, whole.BalanceLoss.item<double>(), 12);
        }
    }
}
