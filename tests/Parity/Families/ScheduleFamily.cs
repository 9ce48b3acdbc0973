using System.Globalization;
using System.Text.RegularExpressions;
using Distributed.Training.Schedules;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families;

/// <summary>Checks the rates of learning-rate schedules.</summary>
internal static class ScheduleFamily
{
    /// <summary>The keys of the implemented schedules.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["cosine", "deepseek_v3_after_warmup", "multistep"];

    public static void Check(GoldenCase golden)
    {
        var settings = golden.Params;
        var bound = golden.Tolerances.Get("rel", 1e-6);
        if (settings.Has("cosine"))
        {
            var (cosine, values) = (settings["cosine"], golden.Load("expected.safetensors")["cosine"]);
            var schedule = new WarmupCosineSchedule(new WarmupCosineOptions
            {
                PeakRate = 1, WarmupSteps = cosine.Whole("warmup", 0), TotalSteps = cosine.Whole("total", values.shape[0] - 1),
                MinRatio = cosine.Number("min_ratio", 0),
            });
            Compare.CloseEach("cosine", tensor(Enumerable.Range(0, (int)values.shape[0]).Select(step => schedule.RateAt(step)).ToArray()),
                values, bound, 1e-12);
        }

        // The report gives the schedule over tokens; the unit does not matter.
        var report = new DeepSeekV3Schedule(new DeepSeekV3ScheduleOptions { WarmupSteps = 0, TotalSteps = 14_800_000_000_000 });
        foreach (var point in settings["deepseek_v3_after_warmup"].Items)
            Near($"deepseek_v3 at {point["tokens"].Text} tokens", report.RateAt((long)point.Number("tokens")), point.Number("lr"), bound);

        if (settings.Has("multistep")) CheckMultiStep(golden, bound);
    }

    // The lengths are keys beside the points, or part of a description:
    // "2K-step style warm-up then x0.316 at 80% and x0.1 at 90% (here warm-up 50, total 1000)".
    private static void CheckMultiStep(GoldenCase golden, double bound)
    {
        var given = golden.Params["multistep"];
        var words = golden.Description["reference"]?["multistep"]?.ToString() ?? golden.Description.ToJsonString();
        var lengths = Regex.Match(words, @"warm-?up (\d+), total (\d+)");
        var phases = Regex.Matches(words, @"x(\d[\d.]*) at (\d+)%")
            .Select(match => new RateStep(Read(match.Groups[2]) / 100, Read(match.Groups[1]))).ToArray();
        var options = new MultiStepOptions
        {
            PeakRate = 1,
            WarmupSteps = given.Whole("warmup", lengths.Success ? (long)Read(lengths.Groups[1]) : 50),
            TotalSteps = given.Whole("total", lengths.Success ? (long)Read(lengths.Groups[2]) : 1000),
        };
        var schedule = new MultiStepSchedule(phases.Length > 0 ? options with { Steps = phases } : options);
        var points = given.Items.Count > 0 ? given.Items : given["values"].Items;
        Assert.True(points.Count > 0, $"{golden.Name}: params.multistep lists no point.");
        foreach (var point in points)
            Near($"multistep at {point["step"].Text}", schedule.RateAt(point.Whole("step")), point.Number("factor"), bound);
    }

    private static double Read(Group digits) => double.Parse(digits.Value, CultureInfo.InvariantCulture);

    private static void Near(string name, double actual, double expected, double relative) =>
        Assert.True(Math.Abs(actual - expected) <= relative * Math.Abs(expected) + 1e-15, $"{name}: {actual:R}, expected {expected:R}");
}
