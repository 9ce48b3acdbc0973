using Distributed.Training.Schedules;

namespace Distributed.Training.Tests.Schedules;

public sealed class ScheduleTests
{
    [Fact]
    public void Constant_AnyStep_IsTheRate()
    {
        var schedule = new ConstantSchedule(3e-4);

        Assert.Equal([3e-4, 3e-4], [schedule.RateAt(0), schedule.RateAt(1_000_000)]);
    }

    [Fact]
    public void Constant_WithWarmup_RisesFromZero()
    {
        var schedule = new ConstantSchedule(2, warmupSteps: 4);

        Assert.Equal([0, 0.5, 2, 2], [schedule.RateAt(0), schedule.RateAt(1), schedule.RateAt(4), schedule.RateAt(1_000)]);
    }

    [Fact]
    public void WarmupCosine_AfterItsEnd_StaysAtTheMinimum()
    {
        var schedule = new WarmupCosineSchedule(
            new WarmupCosineOptions { PeakRate = 2, WarmupSteps = 10, TotalSteps = 110, MinRatio = 0.25 });

        Assert.Equal(0, schedule.RateAt(0));
        Assert.Equal(0.2, schedule.RateAt(1), 1e-15);
        Assert.Equal(2, schedule.RateAt(10));
        Assert.Equal(1.25, schedule.RateAt(60), 1e-15);
        Assert.Equal([0.5, 0.5], [schedule.RateAt(110), schedule.RateAt(5000)]);
    }

    [Fact]
    public void WarmupCosine_OnlyWarmup_EndsAtTheMinimum()
    {
        var schedule = new WarmupCosineSchedule(new WarmupCosineOptions { PeakRate = 1, WarmupSteps = 4, TotalSteps = 4 });

        Assert.Equal([0.75, 0.1], [schedule.RateAt(3), schedule.RateAt(4)]);
    }

    [Fact]
    public void DeepSeekV3_ShortRun_KeepsTheProportions()
    {
        var schedule = new DeepSeekV3Schedule(new DeepSeekV3ScheduleOptions { PeakRate = 1, WarmupSteps = 100, TotalSteps = 14_800 });

        Assert.Equal(0.5, schedule.RateAt(50), 1e-15);
        Assert.Equal([1, 1], [schedule.RateAt(100), schedule.RateAt(10_000)]);
        Assert.Equal(0.55, schedule.RateAt(12_150), 1e-12);
        Assert.Equal([0.1, 0.1, 7.3 / 220], [schedule.RateAt(14_300), schedule.RateAt(14_632), schedule.RateAt(14_633)]);
        Assert.Equal(7.3 / 220, schedule.RateAt(20_000));
    }

    [Fact]
    public void MultiStep_BoundaryBetweenSteps_BelongsToTheNextPhase()
    {
        var schedule = new MultiStepSchedule(new MultiStepOptions { PeakRate = 1, WarmupSteps = 0, TotalSteps = 1003 });

        Assert.Equal([1, 0.316], [schedule.RateAt(802), schedule.RateAt(803)]); // 802.4
    }

    [Fact]
    public void RateAt_NegativeStep_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConstantSchedule(1).RateAt(-1));

    [Fact]
    public void Constructors_SettingsOutOfRange_ListThemAll()
    {
        AssertRefused(() => new ConstantSchedule(double.NaN), "Rate is NaN");
        AssertRefused(
            () => new WarmupCosineSchedule(new WarmupCosineOptions { PeakRate = -1, WarmupSteps = 9, TotalSteps = 5, MinRatio = 2 }),
            "PeakRate is -1", "WarmupSteps is 9; it must be 0 to TotalSteps (5)", "MinRatio is 2");
        AssertRefused(
            () => new DeepSeekV3Schedule(new DeepSeekV3ScheduleOptions { TotalSteps = 3000, ConstantFraction = 0.9, FinalRatio = -1 }),
            "add up to", "FinalRatio is -1");
        AssertRefused(
            () => new MultiStepSchedule(new MultiStepOptions { PeakRate = 1, TotalSteps = 0, Steps = [new(0.9, 0.5), new(0.8, 2)] }),
            "TotalSteps is 0", "Steps[1].Fraction is 0.8", "Steps[1].Ratio is 2");
    }

    private static void AssertRefused(Func<object> create, params string[] says)
    {
        var error = Assert.Throws<ArgumentException>(create);
        Assert.All(says, text => Assert.Contains(text, error.Message));
    }
}
