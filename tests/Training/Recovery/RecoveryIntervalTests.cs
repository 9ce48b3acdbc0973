using Distributed.Training.Recovery;

namespace Distributed.Training.Tests.Recovery;

public sealed class RecoveryIntervalTests
{
    [Theory]
    [InlineData(0.1, 0.01)]
    [InlineData(0.1, 0.5)]
    [InlineData(2.0, 0.001)]
    [InlineData(0.01, 3)]
    public void Steps_AsManyAsKeepTheCostUnderItsShare(double step, double point)
    {
        const double Share = 0.05;
        var interval = new RecoveryInterval(fixedSteps: null, Share);
        for (var measured = 0; measured < 50; measured++)
        {
            interval.StepTook(step);
            interval.PointTook(point);
        }

        var cost = point / (interval.Steps * step + point);
        Assert.True(cost <= Share, $"K = {interval.Steps} costs {cost}");
        Assert.True(interval.Steps == 1 || point / (interval.Steps / 2 * step + point) > Share / 2, $"K = {interval.Steps} is more than is needed");
    }

    [Fact]
    public void Steps_WhatIsMeasuredFirst_DoesNotCount()
    {
        var interval = new RecoveryInterval(fixedSteps: null, 0.05);
        interval.StepTook(10);
        interval.PointTook(10);
        Assert.Equal(1, interval.Steps);
        interval.StepTook(1);
        interval.PointTook(0.01);

        Assert.Equal(1, interval.Steps);
    }

    [Fact]
    public void Steps_Fixed_StayAsTheyAre()
    {
        var interval = new RecoveryInterval(fixedSteps: 7, 0.05);
        for (var measured = 0; measured < 3; measured++)
        {
            interval.StepTook(0.001);
            interval.PointTook(10);
        }

        Assert.Equal(7, interval.Steps);
    }

    [Fact]
    public void IsOver_WhereKGrowsSinceThePoint_KeepsToWhatWasPromised()
    {
        var interval = Measured(step: 1, point: 0.1);
        interval.Begin();
        var promised = interval.Promised;
        for (var measured = 0; measured < 50; measured++) interval.StepTook(0.01); // K is a hundred times as large now

        Assert.True(interval.Steps > 10 * promised);
        Assert.False(interval.IsOver(promised - 1));
        Assert.True(interval.IsOver(promised));
    }

    [Fact]
    public void IsOver_WhereKShrinksSinceThePoint_TakesTheNextSooner()
    {
        var interval = Measured(step: 0.01, point: 0.1);
        interval.Begin();
        for (var measured = 0; measured < 50; measured++) interval.StepTook(1);

        Assert.True(interval.Steps < interval.Promised);
        Assert.True(interval.IsOver(interval.Steps));
    }

    private static RecoveryInterval Measured(double step, double point)
    {
        var interval = new RecoveryInterval(fixedSteps: null, 0.05);
        for (var measured = 0; measured < 50; measured++)
        {
            interval.StepTook(step);
            interval.PointTook(point);
        }

        return interval;
    }
}
