using System.Text;

namespace Distributed.Checkpoints.Tests.Damage;

/// <summary>Files of megabytes whose contents take the most memory for each byte on disk.</summary>
public sealed class BoundedMemoryTests : IDisposable
{
    private const int Repeated = 1 << 20;
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("[],")]
    [InlineData("{},")]
    [InlineData("1,")]
    [InlineData("\"\",")]
    [InlineData("{\"a\":1},")]
    [InlineData("[[[[[[[[[[[[]]]]]]]]]]]],")]
    public void Open_AStateOfManySmallValues_TakesABoundedMultiple(string value) =>
        RequireBounded("manifest.json",
            bytes => Forgery.Seal(Forgery.Replace(bytes, "\"extra\": {", $"\"extra\": {{\"many\": [{Many(value)}],")));

    [Theory]
    [InlineData("0,")]
    [InlineData("1e1,")]
    [InlineData("null,")]
    public void Open_AShapeOfManyNumbers_TakesABoundedMultiple(string number) =>
        RequireBounded("manifest.json", bytes => Forgery.Seal(Forgery.Replace(bytes, "\"shape\":[2,3]", $"\"shape\":[{Many(number)}]")));

    [Fact]
    public void Open_ATensorNamedManyTimes_TakesABoundedMultiple() =>
        RequireBounded("manifest.json", bytes =>
        {
            var line = Encoding.UTF8.GetString(bytes).Split('\n').First(l => l.Contains("\"model.scale\"", StringComparison.Ordinal));
            return Forgery.Seal(Forgery.Replace(bytes, line, Many(line.TrimEnd(',') + ",") + ",\n" + line));
        });

    [Theory]
    [InlineData("\"#\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},")]
    [InlineData("\"#\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]},")]
    public void Verify_AHeaderOfManyTensors_TakesABoundedMultiple(string entry) =>
        RequireBounded("weights-rank-00000.safetensors", bytes => Header(bytes, "{", "{" + Numbered(entry)));

    [Fact]
    public void Verify_MetadataOfManyKeys_TakesABoundedMultiple() =>
        RequireBounded("weights-rank-00000.safetensors",
            bytes => Header(bytes, "\"__metadata__\":{", "\"__metadata__\":{" + Numbered("\"#\":\"\",")));

    private void RequireBounded(string file, Func<byte[], byte[]> change)
    {
        var path = Path.Combine(CorpusRun.Save(_root.Path), file);
        File.WriteAllBytes(path, change(File.ReadAllBytes(path)));
        var size = Directory.EnumerateFiles(_root.Path, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);
        Assert.InRange(size, Repeated, long.MaxValue);

        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using var checkpoint = Checkpoint.Open(_root.Path);
            checkpoint.Verify(cancellation: TestContext.Current.CancellationToken);
        }
        catch (CheckpointException e)
        {
            Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"{allocated / (double)size:F1} bytes for each byte on disk");
        Assert.InRange(allocated, 0, CheckpointFuzzTests.AllocatedPerByte * size + CheckpointFuzzTests.AllocatedBesides);
    }

    private static byte[] Header(byte[] file, string text, string replacement)
    {
        var (header, data) = Forgery.Split(file);
        return Forgery.Join(Forgery.Replace(header, text, replacement), data);
    }

    /// <summary>A megabyte of repetitions of a value, without the last comma.</summary>
    private static string Many(string value) => string.Concat(Enumerable.Repeat(value, Repeated / value.Length + 1)).TrimEnd(',');

    private static string Numbered(string value) =>
        string.Concat(
            Enumerable.Range(0, Repeated / value.Length + 1).Select(i => value.Replace("#", i.ToString("x"), StringComparison.Ordinal)));
}
