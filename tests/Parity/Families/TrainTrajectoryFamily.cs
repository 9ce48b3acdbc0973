using System.Collections.Immutable;
using Distributed.Checkpoints.HuggingFace;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Dispatch;
using Distributed.Parallel.Forward;
using Distributed.Transports.InMemory;
using Distributed.Training.Optimizers;
using Distributed.Training.Steps;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families;

/// <summary>A short training run: losses, gradient norms, expert loads, final weights, all through the product's own step.</summary>
internal static class TrainTrajectoryFamily
{
    public static void Check(GoldenCase golden)
    {
        var settings = golden.Params;
        if (settings["optimizer"]!.ToString() != "AdamW") GoldenTests.NotYet(golden, $"optimizer {settings["optimizer"]}");
        var model = DeepSeekV3Family.Load(golden);
        double Number(string key) => settings[key]!.GetValue<double>();
        var adamW = new AdamW(new AdamWOptions
        {
            Beta1 = settings["betas"]![0]!.GetValue<double>(),
            Beta2 = settings["betas"]![1]!.GetValue<double>(),
            Eps = Number("eps"),
            WeightDecay = Number("weight_decay"),
        });
        ImmutableArray<int> all = [.. Enumerable.Range(0, model.Config.NRoutedExperts)];
        var locations = model.Config.MoeLayers.ToDictionary(layer => layer, _ => new ExpertLocations(all.Length, [all]));
        using var network = new TrainedNetwork(model, locations, new LocalDispatcher(), adamW);
        var options = new StepOptions { BalanceLoss = 0, BiasUpdateSpeed = settings["bias_update_u"] is null ? 0 : Number("bias_update_u"), Clip = Number("clip") };
        var step = new TrainingStep(network, new ExchangeCollectives(new InMemoryFabric(1).Endpoint(0)), options, TimeProvider.System);

        var (inputs, expected) = (golden.Load("inputs.safetensors")["input_ids"], golden.Load("expected.safetensors"));
        var (later, firstFive) = (golden.Description["tolerance"]!["losses_rel"]![0]!.GetValue<double>(), 2e-5);
        for (var n = 0; n < settings["steps"]!.GetValue<int>(); n++)
        {
            var tokens = inputs[n];
            var end = full([tokens.shape[0], 1], TokenBatch.NoTarget, ScalarType.Int64);
            using var batch = new TokenBatch(tokens.alias(), cat([tokens.narrow(1, 1, tokens.shape[1] - 1), end], 1));
            CheckLoads(network, batch, n, expected);
            var report = step.Run(n, Number("lr"), [batch]);
            Compare.CloseEach($"loss of step {n}", tensor(new[] { report.Loss }), expected["losses"][n].view(1), n < 5 ? firstFive : later, 0);
            Compare.CloseEach($"gradient norm of step {n}", tensor(new[] { report.GradientNorm }), expected["grad_norms_before_clip"][n].view(1), 1e-3, 0);
        }

        var final = golden.Load("final.safetensors");
        var bound = golden.Tolerance("final_weights_abs", 2e-3);
        foreach (var view in model.Parameters.All.SelectMany(parameter => parameter.Views.Select(view => (view.Name, Value: view.Select(parameter.Value)))))
            Compare.Close($"final {view.Name}", view.Value, final[view.Name], bound);
        foreach (var (name, value) in model.Parameters.Buffers)
            if (final.TryGetValue(name, out var reference)) Compare.Close($"final {name}", value, reference, bound);
    }

    private static void CheckLoads(TrainedNetwork network, TokenBatch batch, int step, Dictionary<string, Tensor> expected)
    {
        if (!expected.TryGetValue("expert_loads", out var loads)) return;
        using var tape = new Distributed.Parallel.Segments.Tape(null);
        var result = network.Forward.Run(tape, batch, step, 0);
        var layers = result.Loads.OrderBy(pair => pair.Key).Select(pair => pair.Value).ToArray();
        for (var layer = 0; layer < layers.Length; layer++)
        {
            using var own = tensor(layers[layer]);
            var moved = (own - loads[step][layer]).abs().sum().ToInt64();
            // A token that moved is missing at one expert and too many at another.
            Assert.True(moved <= (step < 10 ? 0 : 4), $"expert loads of step {step}, layer {layer}: {moved / 2} tokens chose other experts");
        }
    }
}
