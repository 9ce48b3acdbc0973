using Distributed.Configuration;
using Distributed.Models.Parameters;
using Distributed.Tensors.Safetensors;
using static TorchSharp.torch;

namespace Distributed.Checkpoints.HuggingFace;

/// <summary>
/// The weights of a Hugging Face checkpoint folder: <c>model.safetensors</c>, or several files that
/// <c>model.safetensors.index.json</c> lists. They are read one tensor at a time.
/// </summary>
public sealed class HuggingFaceWeights : IDisposable
{
    private readonly Dictionary<string, SafetensorsFile> _fileOf = [];
    private readonly List<SafetensorsFile> _files = [];

    private HuggingFaceWeights(string folder) => Folder = folder;

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>The entry of every tensor.</summary>
    public IEnumerable<TensorEntry> Tensors => _fileOf.Select(pair => pair.Value.Find(pair.Key));

    /// <summary>Opens the folder's files and reads their headers.</summary>
    /// <exception cref="CheckpointException">The folder has neither file, the index is damaged, or a listed file is missing.</exception>
    /// <exception cref="SafetensorsException">A header is damaged, or a listed tensor is not in its file.</exception>
    public static HuggingFaceWeights Open(string folder)
    {
        var weights = new HuggingFaceWeights(folder);
        try
        {
            var index = HuggingFaceIndex.Read(folder);
            if (index is null)
            {
                var file = weights.Add(HuggingFaceIndex.Single);
                foreach (var tensor in file.Tensors.Keys) weights._fileOf[tensor] = file;
                return weights;
            }

            foreach (var group in index.ToLookup(tensor => tensor.Value, tensor => tensor.Key)
                .OrderBy(file => file.Key, StringComparer.Ordinal))
            {
                if (!File.Exists(Path.Combine(folder, group.Key)))
                    throw new CheckpointException($"{folder}: {group.Key} is listed in {HuggingFaceIndex.FileName}, but does not exist.");
                var file = weights.Add(group.Key);
                foreach (var tensor in group) weights._fileOf[file.Find(tensor).Name] = file;
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
    /// Fills a network's parameters and buffers. Tensors that the network does not have are ignored: a checkpoint stores the shared
    /// embedding and head of multi-token prediction a second time.
    /// </summary>
    /// <exception cref="CheckpointException">
    /// Tensors of the network are missing or have another shape; the message counts them and shows the first ten.
    /// </exception>
    public void LoadInto(ParameterSet parameters)
    {
        using var _ = no_grad();
        var problems = new List<string>();
        var targets = parameters.All
            .SelectMany(parameter => parameter.Views
                .Select(view => (view.Name, view.Shape, Target: (Func<Tensor>)(() => view.Select(parameter.Value.detach())))))
            .Concat(parameters.Buffers.Select(
                buffer => (Name: buffer.Key, Shape: buffer.Value.shape, Target: (Func<Tensor>)(() => buffer.Value.alias()))));
        foreach (var (name, shape, target) in targets)
        {
            if (!_fileOf.TryGetValue(name, out var file))
            {
                problems.Add($"{name} [{string.Join(", ", shape)}] is missing");
                continue;
            }

            if (!file.Find(name).Shape.SequenceEqual(shape))
            {
                problems.Add(
                    $"{name} has shape [{string.Join(", ", file.Find(name).Shape)}], the network needs [{string.Join(", ", shape)}]");
                continue;
            }

            using var scope = NewDisposeScope();
            target().copy_(file.ReadTensor(name));
        }

        if (problems.Count > 0)
        {
            throw new CheckpointException(
                $"{Folder} does not hold this network's weights: "
                + $"{problems.Count} tensors differ\n  {string.Join("\n  ", problems.Take(10))}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in _files) file.Dispose();
    }

    private SafetensorsFile Add(string name)
    {
        if (FileStatus.Of(Path.Combine(Folder, name)).Special is { } special)
            throw new CheckpointException($"{Folder}: {name} is {special}, not a file of weights.");
        var file = SafetensorsFile.Open(Path.Combine(Folder, name));
        _files.Add(file);
        return file;
    }
}
