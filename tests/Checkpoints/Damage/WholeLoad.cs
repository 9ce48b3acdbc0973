using System.Text.Json.Nodes;
using Distributed.Tensors;
using Distributed.Tensors.Safetensors;

namespace Distributed.Checkpoints.Tests.Damage;

/// <summary>
/// Performs every operation on a checkpoint: opens it, compares it with the model, verifies it, reads every tensor and walks its state. The
/// results are compared with the saved bytes, which are found in the valid files without the code under test. Any exception other than a
/// <see cref="CheckpointException"/> fails the test.
/// </summary>
internal sealed class WholeLoad(CheckpointFiles sound)
{
    private readonly Dictionary<(string Folder, TensorKind Kind, string Name), byte[]> _saved = Saved(sound);

    /// <summary>Loads the checkpoint and returns every refusal; none if it is accepted.</summary>
    public IReadOnlyList<string> Run(string root)
    {
        foreach (var file in Directory.EnumerateFiles(root, "*.safetensors", SearchOption.AllDirectories)) ReadAlone(file);
        var refusals = new List<string>();
        Checkpoint? opened = null;
        if (!Try(refusals, () => opened = Checkpoint.Open(root))) return refusals;
        using var checkpoint = opened!;
        Walk(checkpoint.State);
        Try(refusals, () => checkpoint.RequireMatches(CorpusRun.Expected));
        var matches = refusals.Count == 0;
        Try(refusals, () => checkpoint.RequireMatches([], CorpusRun.Model));
        var verified = checkpoint.Verify(cancellation: TestContext.Current.CancellationToken);
        refusals.AddRange(verified.Problems);
        foreach (var held in CorpusRun.Tensors)
        {
            var read = Try(refusals, () => RequireSaved(checkpoint, held));
            if (!read) Assert.False(verified.IsValid && matches,
                $"{held.Name}: refused on reading, and the verification found nothing: {refusals[^1]}");
        }

        return refusals;
    }

    /// <summary>Reads a file without a manifest: the tensors take no more memory than the file has bytes.</summary>
    private static void ReadAlone(string path)
    {
        try
        {
            using var file = SafetensorsFile.Open(path);
            Assert.InRange(file.Tensors.Values.Sum(t => t.Length), 0, file.Length - sizeof(long));
            foreach (var entry in file.Tensors.Values)
            {
                using var tensor = file.ReadTensor(entry.Name);
                Assert.Equal(entry.Length, TensorMemory.ByteCount(tensor));
            }
        }
        catch (SafetensorsException e)
        {
            Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
        }
    }

    private void RequireSaved(Checkpoint checkpoint, CorpusRun.Held held)
    {
        using var tensor = checkpoint.Read(held.Kind, held.Name);
        var saved = _saved[(Path.GetFileName(checkpoint.Folder), held.Kind, held.Name)];
        Assert.Equal(held.Shape, tensor.shape);
        Assert.Equal(saved.Length, TensorMemory.ByteCount(tensor));
        Assert.True(Bytes(tensor).SequenceEqual(saved), $"{held.Name}: wrong data was accepted.");
    }

    private static unsafe ReadOnlySpan<byte> Bytes(TorchSharp.torch.Tensor tensor) =>
        new((void*)TensorMemory.Pointer(tensor), (int)TensorMemory.ByteCount(tensor));

    private static bool Try(List<string> refusals, Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (CheckpointException e)
        {
            refusals.Add(e.Message);
            return false;
        }
    }

    /// <summary>Reads all values of the state: a value that fails later could not be attributed to its file.</summary>
    private static void Walk(CheckpointState state)
    {
        foreach (var part in new[] { state.Model, state.Schedule, state.Extra }) Walk(part);
        foreach (var (key, value) in state.Content) Assert.True(key is not null && value is not null, "content holds null");
    }

    private static void Walk(JsonNode? node)
    {
        if (node is JsonObject members)
        {
            foreach (var (_, value) in members) Walk(value);
        }
        else if (node is JsonArray items)
        {
            foreach (var item in items) Walk(item);
        }
        else if (node is JsonValue value)
        {
            if (value.TryGetValue<double>(out var number)) Assert.True(double.IsFinite(number), "a number of the state is not finite");
            else if (!value.TryGetValue<bool>(out _)) Assert.NotNull(value.GetValue<string>());
        }
    }

    private static Dictionary<(string, TensorKind, string), byte[]> Saved(CheckpointFiles sound)
    {
        var saved = new Dictionary<(string, TensorKind, string), byte[]>();
        foreach (var (file, bytes) in sound.Files.Where(f => f.Key.EndsWith("/manifest.json", StringComparison.Ordinal)))
        {
            var folder = file.Split('/')[0];
            foreach (var entry in JsonNode.Parse(bytes)!["tensors"]!.AsArray())
            {
                var kind = Enum.Parse<TensorKind>((string)entry!["kind"]!, ignoreCase: true);
                var (offset, length) = ((int)entry["offset"]!, (int)entry["length"]!);
                saved.Add((folder, kind, (string)entry["name"]!), sound.Files[$"{folder}/{entry["file"]}"][offset..(offset + length)]);
            }
        }

        return saved;
    }
}
