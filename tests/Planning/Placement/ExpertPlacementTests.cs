using System.Collections.Immutable;
using Distributed.Planning.Placement;

namespace Distributed.Planning.Tests.Placement;

public sealed class ExpertPlacementTests
{
    [Theory]
    [InlineData("0,1|2", "no rank holds expert 3")]
    [InlineData("0,1|1,2,3", "expert 1 is held twice")]
    [InlineData("1,0|2,3", "expert 0 after 1")]
    [InlineData("0,1|2,4", "[0, 4)")]
    [InlineData("0,1,2,3", "1 shares for 2 ranks")]
    public void Constructor_InvalidPlacement_IsRefused(string shares, string message)
    {
        var parsed = shares.Split('|').Select(share => share.Split(',').Select(int.Parse).ToImmutableArray()).ToImmutableArray();

        var error = Assert.Throws<ArgumentException>(() => new ExpertPlacement(2, 4, [KeyValuePair.Create(7, parsed)]));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains("ayer 7", error.Message, StringComparison.Ordinal);
    }
}
