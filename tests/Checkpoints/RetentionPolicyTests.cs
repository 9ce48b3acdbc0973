namespace Distributed.Checkpoints.Tests;

public sealed class RetentionPolicyTests
{
    [Theory]
    [InlineData(1, 0, 500, "100,200,300,400")]
    [InlineData(3, 0, 500, "100,200")]
    [InlineData(9, 0, 500, "")]
    [InlineData(1, 200, 500, "100,300")]
    [InlineData(1, 0, 300, "100,200")] // 400 and 500 are from before a rollback
    [InlineData(2, 100, 500, "")]
    public void Expired_OfFiveSteps_AreThese(int newest, long every, long latest, string expired) =>
        Assert.Equal(expired, string.Join(",", new RetentionPolicy(newest, every).Expired([300, 100, 500, 200, 400], latest)));

    [Fact]
    public void Expired_LatestWithoutAFolder_StillExpiresOnlyOlderOnes() =>
        Assert.Equal([100], new RetentionPolicy(1).Expired([100, 200, 300], 250));

    [Fact]
    public void Expired_StepsOfAnotherRun_AreNeitherCountedNorDeleted()
    {
        var asked = new List<long>();
        Assert.Equal([100], new RetentionPolicy(1, KeepEvery: 200).Expired([100, 200, 300, 400, 500], 500, step =>
        {
            asked.Add(step);
            return step is 100 or 500;
        }));
        Assert.Equal([500, 300, 100], asked); // a manifest is read only if the result depends on it
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, -1)]
    public void Expired_InvalidPolicy_IsRefused(int newest, long every) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new RetentionPolicy(newest, every).Expired([1], 1));
}
