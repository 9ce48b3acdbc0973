using System.Text.Json;
using Distributed.Checkpoints.Stores;
using Distributed.Configuration;

namespace Distributed.Checkpoints.HuggingFace;

/// <summary>Which file of a Hugging Face checkpoint folder holds which tensor, by its index where it has one.</summary>
internal static class HuggingFaceIndex
{
    public const string Single = "model.safetensors";
    public const string FileName = "model.safetensors.index.json";

    private const int ShownProblems = 10;

    /// <summary>File by tensor; null where one file holds all.</summary>
    /// <exception cref="CheckpointException">Neither is there, or the index is damaged or names files elsewhere.</exception>
    public static IReadOnlyDictionary<string, string>? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return File.Exists(Path.Combine(folder, Single)) ? null : throw new CheckpointException($"{folder}: neither {Single} nor {FileName} is there; a Hugging Face checkpoint folder has one of them.");

        try
        {
            var bytes = BoundedFile.Read(new DirectoryStore(folder), "", FileName, DocumentLimits.Manifest.Bytes);
            using var index = JsonText.Document(bytes, DocumentLimits.Manifest);
            var map = index.RootElement.GetProperty("weight_map").EnumerateObject().ToDictionary(tensor => tensor.Name, tensor => tensor.Value.GetString() ?? "");
            var elsewhere = map.Where(tensor => tensor.Value.Length == 0 || tensor.Value is "." or ".." || tensor.Value.AsSpan().IndexOfAny('/', '\\', '\0') >= 0)
                .Select(tensor => $"{tensor.Key}: {tensor.Value}").ToList();
            return elsewhere.Count == 0 ? map : throw new CheckpointException(ProblemList.Format($"{path}: names what is no file of this folder ({elsewhere.Count} tensors)", [.. elsewhere.Take(ShownProblems)]));
        }
        catch (Exception e) when (e is DocumentException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new CheckpointException($"{path}: is not an index with a weight_map from tensors to files: {e.Message}", e);
        }
    }
}
