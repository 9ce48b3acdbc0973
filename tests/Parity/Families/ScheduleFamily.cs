using Distributed.Training.Schedules;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families;

/// <summary>Learning-rate schedules as numbers.</summary>
internal static class ScheduleFamily
{
    public static void Check(GoldenCase golden)
    {
        var settings = golden.Params;
        var bound = golden.Tolerance("rel", 1e-6);
        if (settings["cosine"] is { } cosine)
        {
            var values = golden.Load("expected.safetensors")["cosine"];
            var total = cosine["total"]!.GetValue<long>();
            var schedule = new WarmupCosineSchedule(new WarmupCosineOptions
            {
                PeakRate = 1, WarmupSteps = cosine["warmup"]!.GetValue<long>(), TotalSteps = total, MinRatio = cosine["min_ratio"]!.GetValue<double>(),
            });
            Compare.CloseEach("cosine", tensor(Enumerable.Range(0, (int)total + 1).Select(step => schedule.RateAt(step)).ToArray()), values, bound, 1e-12);
        }

        // The report's schedule is given over tokens: any unit serves.
        if (settings["deepseek_v3_after_warmup"] is { } report)
        {
            var schedule = new DeepSeekV3Schedule(new DeepSeekV3ScheduleOptions { WarmupSteps = 0, TotalSteps = 14_800_000_000_000 });
            foreach (var point in report.AsArray())
                Near($"deepseek_v3 at {point!["tokens"]} tokens", schedule.RateAt((long)point["tokens"]!.GetValue<double>()), point["lr"]!.GetValue<double>(), bound);
        }

        if (settings["multistep"] is { } steps)
        {
            var schedule = new MultiStepSchedule(new MultiStepOptions { PeakRate = 1, WarmupSteps = 50, TotalSteps = 1000 });
            foreach (var point in steps.AsArray())
                Near($"multistep at {point!["step"]}", schedule.RateAt(point["step"]!.GetValue<long>()), point["factor"]!.GetValue<double>(), bound);
        }
    }

    private static void Near(string name, double actual, double expected, double relative) =>
        Assert.True(Math.Abs(actual - expected) <= relative * Math.Abs(expected), $"{name}: {actual:R}, expected {expected:R}");
}
