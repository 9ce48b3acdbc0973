using Distributed.Models.Configuration;
using Distributed.Models.DeepSeekV3;
using Distributed.Tensors.Safetensors;

namespace Distributed.Checkpoints.Inspection;

/// <summary>Whether a checkpoint holds the model that it says it is of: a manifest can be whole and lack an expert.</summary>
public static class ModelCompleteness
{
    /// <summary>
    /// What is wrong, one line each that names the tensor: (1) a configuration that no model can be made of, (2) weights of the model, each
    /// expert's among them, that are missing, of another shape, or that it does not have, (3) optimizer state of no weight of the
    /// model, or of another shape than it. That nothing is there twice a manifest promises by itself.
    /// </summary>
    public static IReadOnlyList<string> Problems(CheckpointManifest manifest)
    {
        var mistakes = new List<ConfigProblem>();
        var config = DeepSeekV3Config.Read(new ConfigReader(manifest.State.Model, "model", mistakes));
        if (mistakes.Count > 0) return [.. mistakes.Select(mistake => $"the model that the manifest describes: {mistake}")];

        var needed = DeepSeekV3Model.TensorsOf(config).ToDictionary(tensor => tensor.Name, tensor => tensor.Shape);
        return
        [
            .. ExpectedTensor.Differences(manifest, [.. needed.Select(tensor => new ExpectedTensor(TensorKind.Weights, tensor.Key, tensor.Value))]),
            .. manifest.Tensors.Where(tensor => tensor.Kind == TensorKind.Optimizer).Select(tensor => OptimizerProblem(tensor, needed)).OfType<string>(),
        ];
    }

    // A state is called as its weight is, a dot, and what it is; one number for the whole weight has no dimensions.
    private static string? OptimizerProblem(ManifestEntry state, Dictionary<string, long[]> weights)
    {
        var name = state.Name[..Math.Max(0, state.Name.LastIndexOf('.'))];
        if (!weights.TryGetValue(name, out var shape)) return $"optimizer {SafetensorsException.Quote(state.Name)}: the model has no weight of that name";
        return state.Shape.Count == 0 || state.Shape.SequenceEqual(shape)
            ? null
            : $"optimizer {state.Name}: {TensorEntry.Describe(state.Shape)} in the checkpoint, its weight is {TensorEntry.Describe(shape)}";
    }
}
