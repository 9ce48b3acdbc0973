using System.Text.Json;
using Distributed.Checkpoints.Stores;
using Distributed.Configuration;

namespace Distributed.Checkpoints.HuggingFace;

/// <summary>Reads which file of a Hugging Face checkpoint folder holds which tensor.</summary>
internal static class HuggingFaceIndex
{
    public const string Single = "model.safetensors";
    public const string FileName = "model.safetensors.index.json";

    private const int ShownProblems = 10;

    /// <summary>Maps the name of each tensor to its file; null if one file holds all tensors.</summary>
    /// <exception cref="CheckpointException">
    /// The folder has neither an index nor a single file, or the index is damaged or names files outside the folder.
    /// </exception>
    public static IReadOnlyDictionary<string, string>? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return File.Exists(Path.Combine(folder, Single))
                ? null
                : throw new CheckpointException(
                    $"{folder}: has neither {Single} nor {FileName}; a Hugging Face checkpoint folder has one of them.");
        }

        try
        {
            var bytes = BoundedFile.Read(new DirectoryStore(folder), "", FileName, DocumentLimits.Manifest.Bytes);
            using var index = JsonText.Document(bytes, DocumentLimits.Manifest);
            var map = index.RootElement.GetProperty("weight_map").EnumerateObject()
                .ToDictionary(tensor => tensor.Name, tensor => tensor.Value.GetString() ?? "");
            var elsewhere = map.Where(tensor =>
                tensor.Value.Length == 0 || tensor.Value is "." or ".." || tensor.Value.AsSpan().IndexOfAny('/', '\\', '\0') >= 0)
                .Select(tensor => $"{tensor.Key}: {tensor.Value}").ToList();
            return elsewhere.Count == 0 ? map : throw new CheckpointException(ProblemList.Format(
                $"{path}: names files that are not in this folder ({elsewhere.Count} tensors)", [.. elsewhere.Take(ShownProblems)]));
        }
        catch (Exception e) when (e is DocumentException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new CheckpointException($"{path}: is not an index with a weight_map from tensors to files: {e.Message}", e);
        }
    }
}
