using Distributed.Data.Examples.Storage;

namespace Distributed.Data.Tests.Examples.Storage;

public sealed class TargetSpansTests
{
    [Theory]
    [InlineData("", new int[0])]
    [InlineData("..", new int[0])]
    [InlineData(".xx", new[] { 1, 2 })]
    [InlineData(".xx..x.", new[] { 1, 2, 5, 1 })]
    [InlineData("xxx", new[] { 0, 3 })]
    public void Of_AMask_AreItsRunsOfTargets(string mask, int[] expected) => Assert.Equal(
        expected, TargetSpans.Of(mask.Select(word => word == 'x').ToArray()).SelectMany(span => new[] { span.Start, span.Length }));
}
