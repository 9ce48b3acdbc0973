using Distributed.Training.Recovery;

namespace Distributed.Training.Tests.Recovery;

public sealed class RecoveryIntervalTests
{
    [Theory]
    [InlineData(0.1, 0.01)]
    [InlineData(0.1, 0.5)]
    [InlineData(2.0, 0.001)]
    [InlineData(0.01, 3)]
    public void Steps_FromMeasurements_KeepTheCostBelowTheShare(double step, double point)
    {
        const double Share = 0.05;
        var interval = new RecoveryInterval(fixedSteps: null, Share);
        for (var measured = 0; measured < 50; measured++)
        {
            interval.AddStepTime(step);
            interval.AddPointTime(point);
        }

        var cost = point / (interval.Steps * step + point);
        Assert.True(cost <= Share, $"K = {interval.Steps} costs {cost}");
        Assert.True(
            interval.Steps == 1 || point / (interval.Steps / 2 * step + point) > Share / 2,
            $"K = {interval.Steps} is larger than necessary");
    }

    [Fact]
    public void Steps_FirstMeasurements_DoNotCount()
    {
        var interval = new RecoveryInterval(fixedSteps: null, 0.05);
        interval.AddStepTime(10);
        interval.AddPointTime(10);
        Assert.Equal(1, interval.Steps);
        interval.AddStepTime(1);
        interval.AddPointTime(0.01);

        Assert.Equal(1, interval.Steps);
    }

    [Fact]
    public void Steps_Fixed_DoNotChange()
    {
        var interval = new RecoveryInterval(fixedSteps: 7, 0.05);
        for (var measured = 0; measured < 3; measured++)
        {
            interval.AddStepTime(0.001);
            interval.AddPointTime(10);
        }

        Assert.Equal(7, interval.Steps);
    }

    [Fact]
    public void IsDue_KGrowsAfterThePoint_KeepsTheReportedMaximum()
    {
        var interval = Measured(step: 1, point: 0.1);
        interval.Begin();
        var maximum = interval.MaxSteps;
        for (var measured = 0; measured < 50; measured++) interval.AddStepTime(0.01); // K is now a hundred times larger

        Assert.True(interval.Steps > 10 * maximum);
        Assert.False(interval.IsDue(maximum - 1));
        Assert.True(interval.IsDue(maximum));
    }

    [Fact]
    public void IsDue_KShrinksAfterThePoint_IsDueEarlier()
    {
        var interval = Measured(step: 0.01, point: 0.1);
        interval.Begin();
        for (var measured = 0; measured < 50; measured++) interval.AddStepTime(1);

        Assert.True(interval.Steps < interval.MaxSteps);
        Assert.True(interval.IsDue(interval.Steps));
    }

    private static RecoveryInterval Measured(double step, double point)
    {
        var interval = new RecoveryInterval(fixedSteps: null, 0.05);
        for (var measured = 0; measured < 50; measured++)
        {
            interval.AddStepTime(step);
            interval.AddPointTime(point);
        }

        return interval;
    }
}
