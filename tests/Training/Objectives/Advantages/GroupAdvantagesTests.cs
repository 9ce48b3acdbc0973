using Distributed.Training.Objectives.Advantages;

namespace Distributed.Training.Tests.Objectives.Advantages;

/// <summary>Values of other projects' published tests.</summary>
public sealed class GroupAdvantagesTests
{
    [Fact]
    public void GroupDeviation_OfTwoGroups_IsThePublishedValue() =>
        Close([0, 0, -0.7071, 0.7071], GroupAdvantages.Of(GroupBaseline.GroupDeviation, [2, 2, 1, 3], [0, 0, 1, 1]), 1e-4);

    [Fact]
    public void Mean_OfTwoGroups_IsThePublishedValue() =>
        Close([1.5, -1.5, -1.5, 1.5], GroupAdvantages.Of(GroupBaseline.Mean, [6, 3, 9, 12], [0, 0, 1, 1]));

    [Fact]
    public void LeaveOneOut_WithAGroupOfOne_IsThePublishedValue() =>
        Close([3, -3, -3, 3, 0], GroupAdvantages.Of(GroupBaseline.LeaveOneOut, [6, 3, 9, 12, 1], [0, 0, 1, 1, 2]));

    [Fact]
    public void Groups_InAnyOrder_GiveTheSameAdvantages() =>
        Close([-1.5, 1.5, 1.5, -1.5], GroupAdvantages.Of(GroupBaseline.Mean, [9, 6, 12, 3], [7, -1, 7, -1]));

    [Fact]
    public void BatchDeviation_OfEqualRewards_IsZero() =>
        Close([0, 0], GroupAdvantages.Of(GroupBaseline.BatchDeviation, [1, 1], [0, 0]));

    [Fact]
    public void GroupDeviation_OfAGroupOfOne_IsRefused()
    {
        var error = Assert.Throws<ArgumentException>(() => GroupAdvantages.Of(GroupBaseline.GroupDeviation, [1, 2, 3], [0, 0, 5]));
        Assert.Contains("The group of prompt 5 has one response, which has no deviation", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Reward_ThatIsNotFinite_IsRefusedWithItsResponse(double reward)
    {
        var error = Assert.Throws<ArgumentException>(() => GroupAdvantages.Of(GroupBaseline.Mean, [1, reward], [0, 0]));
        Assert.Contains("The reward of response 1 is", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, 1, 1, 1)]
    [InlineData(false, 1, 1, 0)]
    public void Spread_OfAGroup_IsThatOfItsRewards(bool isWithout, double first, double second, double third) =>
        Assert.Equal(isWithout, GroupAdvantages.IsWithoutSpread([first, second, third]));

    [Theory]
    [InlineData(50, 0)]
    [InlineData(90, -0.5)]
    [InlineData(110, -1)]
    public void Overlong_OfALength_IsThePublishedValue(int length, double expected)
    {
        var overlong = new OverlongReward(100, 20);
        Assert.Equal(expected, overlong.Of(length), 1e-12);
        Assert.Equal(length < 100, overlong.Counts(length, hasEnded: false));
        Assert.True(overlong.Counts(length, hasEnded: true));
    }

    private static void Close(double[] expected, double[] actual, double bound = 1e-12)
    {
        Assert.Equal(expected.Length, actual.Length);
        foreach (var (e, a) in expected.Zip(actual)) Assert.Equal(e, a, bound);
    }
}
