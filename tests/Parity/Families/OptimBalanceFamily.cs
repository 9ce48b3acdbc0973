using Distributed.Training.Optimizers;

namespace Distributed.Parity.Tests.Families;

/// <summary>Checks optimizers, schedules and balancing; the settings determine the kind of a case.</summary>
internal static class OptimBalanceFamily
{
    public static void Check(GoldenCase golden)
    {
        var settings = golden.Params;
        if (settings.Has("ns_steps")) MuonFamily.Check(golden);
        else if (settings.Has("betas")) AdamWFamily.Check(golden);
        else if (settings.Has("alpha") || settings.Has("z_coef")) BalanceLossFamily.Check(golden);
        else if (settings.Has("u")) CheckBias(golden);
        else if (ScheduleFamily.Kinds.Any(settings.Has)) ScheduleFamily.Check(golden);
        else GoldenTests.NotYet(golden, $"optim_balance with settings {string.Join(", ", settings.Keys)}");
    }

    private static void CheckBias(GoldenCase golden)
    {
        var (loads, expected) = (golden.Load("inputs.safetensors")["loads"], golden.Load("expected.safetensors"));
        Assert.True(
            expected.Has("bias") || expected.Has("bias_centered"),
            $"{golden.Name}/expected.safetensors: tensors 'bias' and 'bias_centered' are both missing.");
        foreach (var (name, centered) in new[] { ("bias", false), ("bias_centered", true) })
        {
            if (!expected.TryGet(name, out var trajectory)) continue;
            Assert.True(
                trajectory.shape[0] == loads.shape[0] + 1,
                $"{golden.Name}: {name} has {trajectory.shape[0]} rows; "
                + $"it must have one for the start and one for each of {loads.shape[0]} steps.");
            var bias = trajectory[0].clone();
            for (var step = 0; step < loads.shape[0]; step++)
            {
                RouterBias.Update(bias, loads[step], golden.Params.Number("u"), centered);
                Compare.Close($"{name} after step {step}", bias, trajectory[step + 1], golden.Tolerances.Get("abs", 1e-6));
            }
        }
    }
}
