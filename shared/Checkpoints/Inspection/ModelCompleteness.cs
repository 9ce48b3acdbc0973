using Distributed.Configuration;
using Distributed.Models;
using Distributed.Models.Families;
using Distributed.Tensors.Safetensors;

namespace Distributed.Checkpoints.Inspection;

/// <summary>
/// Checks that a checkpoint holds every tensor of the model that its manifest describes. A valid manifest can lack an expert.
/// </summary>
public static class ModelCompleteness
{
    /// <summary>
    /// Every problem, one line each with the tensor: (1) a configuration that is not valid, (2) weights of the model, including every
    /// expert's, that are missing or have another shape, and weights that the model does not have, (3) optimizer state without a weight, or
    /// with another shape than its weight. Duplicates need no check: a manifest with duplicates cannot be read.
    /// </summary>
    public static IReadOnlyList<string> Problems(CheckpointManifest manifest)
    {
        var mistakes = new List<ConfigProblem>();
        var config = ModelFamilies.Default.Read(new ConfigReader(manifest.State.Model, "model", mistakes));
        if (mistakes.Count > 0) return [.. mistakes.Select(mistake => $"the model that the manifest describes: {mistake}")];

        var needed = Decoder.TensorsOf(config).ToDictionary(tensor => tensor.Name, tensor => tensor.Shape);
        return
        [
            .. ExpectedTensor.Differences(manifest,
                [.. needed.Select(tensor => new ExpectedTensor(TensorKind.Weights, tensor.Key, tensor.Value))]),
            .. manifest.Tensors.Where(tensor => tensor.Kind == TensorKind.Optimizer)
                .Select(tensor => OptimizerProblem(tensor, needed)).OfType<string>(),
        ];
    }

    // The name of a state is the weight's name, a dot and a suffix. A state that is one number for the whole weight has no dimensions.
    private static string? OptimizerProblem(ManifestEntry state, Dictionary<string, long[]> weights)
    {
        var name = state.Name[..Math.Max(0, state.Name.LastIndexOf('.'))];
        if (!weights.TryGetValue(name, out var shape))
            return $"optimizer {SafetensorsException.Quote(state.Name)}: the model has no weight of that name";
        return state.Shape.Count == 0 || state.Shape.SequenceEqual(shape)
            ? null
            : $"optimizer {state.Name}: {TensorEntry.Describe(state.Shape)} in the checkpoint, its weight is {TensorEntry.Describe(shape)}";
    }
}
