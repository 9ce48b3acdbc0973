using System.Text.Json.Nodes;
using Distributed.Models.Parameters;
using Distributed.Tensors.Safetensors;
using static TorchSharp.torch;

namespace Distributed.Checkpoints.HuggingFace;

/// <summary>
/// The weights of a Hugging Face checkpoint folder: <c>model.safetensors</c>, or several files that
/// <c>model.safetensors.index.json</c> lists. Read tensor by tensor, never as a whole.
/// </summary>
public sealed class HuggingFaceWeights : IDisposable
{
    private const string Single = "model.safetensors";
    private const string Index = "model.safetensors.index.json";
    private readonly Dictionary<string, SafetensorsFile> _fileOf = [];
    private readonly List<SafetensorsFile> _files = [];

    private HuggingFaceWeights(string folder) => Folder = folder;

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Every tensor's entry by name.</summary>
    public IEnumerable<TensorEntry> Tensors => _fileOf.Select(pair => pair.Value.Find(pair.Key));

    /// <summary>Opens the folder's files and reads their headers.</summary>
    /// <exception cref="CheckpointException">Neither file is there, or a listed file is missing.</exception>
    /// <exception cref="SafetensorsException">A header is damaged.</exception>
    public static HuggingFaceWeights Open(string folder)
    {
        var weights = new HuggingFaceWeights(folder);
        try
        {
            foreach (var name in weights.FileNames())
            {
                var path = Path.Combine(folder, name);
                if (!File.Exists(path)) throw new CheckpointException($"{folder}: {name} is listed in {Index} and missing.");
                var file = SafetensorsFile.Open(path);
                weights._files.Add(file);
                foreach (var tensor in file.Tensors.Keys) weights._fileOf[tensor] = file;
            }

            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Fills a network's parameters and buffers. Tensors that the network does not have are left alone (a checkpoint
    /// stores the shared embedding and head of multi-token prediction once more).
    /// </summary>
    /// <exception cref="CheckpointException">A tensor of the network is missing or has another shape; all are listed.</exception>
    public void LoadInto(ParameterSet parameters)
    {
        using var _ = no_grad();
        var problems = new List<string>();
        var targets = parameters.All
            .SelectMany(parameter => parameter.Views.Select(view => (view.Name, view.Shape, Target: (Func<Tensor>)(() => view.Select(parameter.Value.detach())))))
            .Concat(parameters.Buffers.Select(buffer => (Name: buffer.Key, Shape: buffer.Value.shape, Target: (Func<Tensor>)(() => buffer.Value.alias()))));
        foreach (var (name, shape, target) in targets)
        {
            if (!_fileOf.TryGetValue(name, out var file))
            {
                problems.Add($"{name} [{string.Join(", ", shape)}] is missing");
                continue;
            }

            if (!file.Find(name).Shape.SequenceEqual(shape))
            {
                problems.Add($"{name} has shape [{string.Join(", ", file.Find(name).Shape)}], the network needs [{string.Join(", ", shape)}]");
                continue;
            }

            using var scope = NewDisposeScope();
            target().copy_(file.ReadTensor(name));
        }

        if (problems.Count > 0)
            throw new CheckpointException($"{Folder} does not hold this network's weights: {problems.Count} tensors differ\n  {string.Join("\n  ", problems.Take(10))}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in _files) file.Dispose();
    }

    private IEnumerable<string> FileNames()
    {
        var index = Path.Combine(Folder, Index);
        if (File.Exists(index) && JsonNode.Parse(File.ReadAllText(index))?["weight_map"] is JsonObject map)
            return map.Select(pair => pair.Value!.ToString()).Distinct().Order(StringComparer.Ordinal);
        if (File.Exists(Path.Combine(Folder, Single))) return [Single];
        throw new CheckpointException($"{Folder}: neither {Single} nor {Index} is there; a Hugging Face checkpoint folder has one of them.");
    }
}
