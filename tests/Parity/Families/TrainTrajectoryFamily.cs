using System.Collections.Immutable;
using Distributed.Models;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Dispatch;
using Distributed.Training.Objectives;
using Distributed.Training.Optimizers;
using Distributed.Training.Sharding;
using Distributed.Training.Steps;
using Distributed.Transports.InMemory;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families;

/// <summary>Checks a short training run with <see cref="TrainingStep"/>: losses, gradient norms, expert loads, final weights.</summary>
internal static class TrainTrajectoryFamily
{
    public static void Check(GoldenCase golden)
    {
        var settings = golden.Params;
        if (!"AdamW".Equals(settings["optimizer"].Text ?? "AdamW", StringComparison.OrdinalIgnoreCase))
            GoldenTests.NotYet(golden, $"optimizer {settings["optimizer"].Text}");
        var model = DeepSeekV3Family.Load(golden);
        if (AdamWFamily.Decayed(golden)(zeros(1)) && settings.Number("weight_decay", 0) != 0)
            GoldenTests.NotYet(golden, "weight decay of vectors");
        using var adamW = new AdamW(AdamWFamily.Options(settings));
        ImmutableArray<int> all = [.. Enumerable.Range(0, model.Config.NRoutedExperts)];
        var locations = model.Config.MoeLayers.ToDictionary(layer => layer, _ => new ExpertLocations(all.Length, [all]));
        using var network = new TrainedNetwork(model, locations, new LocalDispatcher(), adamW,
            new Ownership(model.Parameters, new GroupRank(0, 1), new GroupRank(0, 1), zero: false));
        var options = new StepOptions
        {
            BalanceLoss = settings.Number("alpha", 0),
            ZLoss = settings.Number("z_coef", 0),
            MtpLossWeight = settings.Number("lambda", 0), // a reference without this key trains only the trunk
            BiasUpdateSpeed = settings.Number("bias_update_u", 0),
            Clip = settings.Number("clip", 0),
        };
        var alone = new ExchangeCollectives(new InMemoryFabric(1).Endpoint(0));
        var step = new TrainingStep(network, new NextToken(), alone, options, TimeProvider.System);

        var (inputs, expected) = (golden.Load("inputs.safetensors")["input_ids"], golden.Load("expected.safetensors"));
        double first = golden.Tolerances.Find("losses_rel", @"first \d+ steps (\d[\d.eE+-]*)", 2e-5),
            later = golden.Tolerances.Get("losses_rel", 1e-4);
        var strict = golden.Tolerances.Find("losses_rel", @"first (\d+) steps", 5);
        for (var n = 0; n < settings.Whole("steps", inputs.shape[0]); n++)
        {
            var batches = TrajectoryBatches.Of(golden, inputs, n);
            if (expected.TryGet("expert_loads", out var loads)) TrajectoryLoads.Check(golden, network, batches, n, loads[n]);
            var report = step.Run(n, Rate(settings, n), batches);
            foreach (var batch in batches) batch.Dispose();
            Compare.CloseEach($"loss of step {n}", tensor(new[] { report.Loss }), expected["losses"][n].view(1),
                n < strict ? Math.Min(first, later) : later, 0);
            Compare.CloseEach($"gradient norm of step {n}", tensor(new[] { report.GradientNorm }),
                expected["grad_norms_before_clip"][n].view(1), golden.Tolerances.Get("grad_norms_rel", 1e-3), 0);
        }

        CheckFinal(golden, model, trainsMtp: options.MtpLossWeight != 0);
    }

    private static double Rate(Settings settings, int step) =>
        settings["lr"].Items is { Count: > 0 } listed ? listed[step].AsNumber!.Value : settings.Number("lr");

    private static void CheckFinal(GoldenCase golden, Decoder model, bool trainsMtp)
    {
        Assert.True(golden.Has("final.safetensors"), $"{golden.Name}: final.safetensors is missing.");
        var (final, bound) = (golden.Load("final.safetensors"), golden.Tolerances.Get("final_weights_abs", 2e-3));
        var modules = model.Mtp.Select(module => $"{module.Layer.Name}.").ToArray();
        foreach (var view in model.Parameters.All
            .SelectMany(parameter => parameter.Views.Select(view => (view.Name, Value: view.Select(parameter.Value)))))
        {
            if (!trainsMtp && modules.Any(module => view.Name.StartsWith(module, StringComparison.Ordinal))) continue;
            Compare.Close($"final {view.Name}", view.Value, final[view.Name], bound);
        }

        foreach (var (name, value) in model.Parameters.Buffers)
            if (final.TryGet(name, out var reference)) Compare.Close($"final {name}", value, reference, bound);
    }
}
