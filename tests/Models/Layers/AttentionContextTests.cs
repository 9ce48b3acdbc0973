using Distributed.Models.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Models.Tests.Layers;

public sealed class AttentionContextTests
{
    // Documents a a b b b. At depth 1 the rows join the tokens (a, a) (a, b) (b, b) (b, b).
    [Fact]
    public void From_DepthOneWithDocuments_HidesRowsThatJoinTwoDocuments()
    {
        using var scope = NewDisposeScope();
        var mask = AttentionContext.DocumentMask(tensor(new long[] { 0, 0, 1, 1, 1 }).unsqueeze(0));
        var positions = new RotaryPositions(zeros(1, 5, 1, 2), zeros(1, 5, 1, 2));

        var sees = new AttentionContext(positions, mask).From(1).Mask!.to(ScalarType.Int32).data<int>().ToArray();

        Assert.Equal(
            [
                1, 0, 0, 0,
                0, 1, 0, 0,
                0, 0, 1, 0,
                0, 0, 1, 1,
            ], sees);
    }

    [Fact]
    public void From_DepthTwo_KeepsPairsWithinOneDocument()
    {
        using var scope = NewDisposeScope();
        var mask = AttentionContext.DocumentMask(zeros(1, 5, ScalarType.Int64));

        var sees = new AttentionContext(new RotaryPositions(zeros(1, 5, 1, 2), zeros(1, 5, 1, 2)), mask).From(2).Mask!;

        Assert.Equal([1L, 1, 3, 3], sees.shape);
        Assert.Equal(6, sees.sum().ToInt64());
    }
}
