using Distributed.Checkpoints.HuggingFace;
using Distributed.Tensors.Safetensors;
using static TorchSharp.torch;

namespace Distributed.Checkpoints.Tests.HuggingFace;

public sealed class HuggingFaceWeightsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_SeveralFiles_FindsEachTensorWhereTheIndexSays()
    {
        Write("one.safetensors", "a", "b");
        Write("two.safetensors", "b", "c"); // b twice: the index determines the file
        Index(
            """{"metadata": {"total_size": 12}, "weight_map": {"a": "one.safetensors", "b": "two.safetensors", "c": "two.safetensors"}}""");

        using var weights = HuggingFaceWeights.Open(_folder.Path);

        Assert.Equal(["a", "b", "c"], weights.Tensors.Select(tensor => tensor.Name).Order());
    }

    [Theory]
    [InlineData("""{"weight_map": {"a": "../one.safetensors"}}""", "names files that are not in this folder (1 tensors)")]
    [InlineData("""{"weight_map": {"a": "/etc/passwd"}}""", "names files that are not in this folder")]
    [InlineData("""{"weight_map": {"a": ""}}""", "names files that are not in this folder")]
    [InlineData("""{"weight_map": {"a": 1}}""", "is not an index with a weight_map")]
    [InlineData("""{"weight_map": ["a"]}""", "is not an index with a weight_map")]
    [InlineData("""{"map": {}}""", "is not an index with a weight_map")]
    [InlineData("""{"weight_map": {"a": "one.safetensors", "a": "two.safetensors"}}""", "is not an index with a weight_map")]
    [InlineData("[", "is not an index with a weight_map")]
    [InlineData("", "is not an index with a weight_map")]
    [InlineData(
        """{"weight_map": {"a": "three.safetensors"}}""",
        "three.safetensors is listed in model.safetensors.index.json, but does not exist")]
    public void Open_AWrongIndex_IsRefused(string index, string message)
    {
        Write("one.safetensors", "a");
        Index(index);

        Assert.Contains(message, Assert.Throws<CheckpointException>(() => HuggingFaceWeights.Open(_folder.Path)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AListedTensorThatIsNotInItsFile_IsRefused()
    {
        Write("one.safetensors", "a");
        Index("""{"weight_map": {"b": "one.safetensors"}}""");

        Assert.Contains("tensor 'b': is not among the file's 1 tensors",
            Assert.Throws<SafetensorsException>(() => HuggingFaceWeights.Open(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AnEmptyFolder_IsRefused() =>
        Assert.Contains("neither model.safetensors nor",
            Assert.Throws<CheckpointException>(() => HuggingFaceWeights.Open(_folder.Path)).Message, StringComparison.Ordinal);

    private void Index(string json) => File.WriteAllText(Path.Combine(_folder.Path, "model.safetensors.index.json"), json);

    private void Write(string file, params string[] names)
    {
        using var one = ones(1);
        SafetensorsWriter.Write(Path.Combine(_folder.Path, file), [.. names.Select(name => (name, one))]);
    }
}
