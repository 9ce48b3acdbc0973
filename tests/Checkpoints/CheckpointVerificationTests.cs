namespace Distributed.Checkpoints.Tests;

public sealed class CheckpointVerificationTests : IDisposable
{
    private readonly TemporaryFolder _root = new();
    private readonly string _folder;

    public CheckpointVerificationTests() => _folder = SmallRun.Save(_root.Path, 200, ranks: 2);

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Verify_SoundCheckpoint_HashesEverythingAndReportsIt()
    {
        using var checkpoint = Checkpoint.Open(_root.Path);
        var seen = new Recorder();

        var result = checkpoint.Verify(seen, TestContext.Current.CancellationToken);

        var total = checkpoint.Manifest.Tensors.Sum(t => t.Length);
        Assert.True(result.IsValid);
        Assert.Equal((18, total), (result.Tensors, result.Bytes));
        Assert.Equal(new VerificationProgress(total, total), seen.Reports[^1]);
    }

    [Fact]
    public void VerifyAndRead_AnyTensorWithAFlippedBit_NameFileAndTensor()
    {
        var entries = Manifest().Tensors;
        foreach (var entry in entries)
        {
            var path = Path.Combine(_folder, entry.File);
            Flip(path, entry.Offset + entry.Length / 2);

            using (var checkpoint = Checkpoint.Open(_root.Path))
            {
                var problem = Assert.Single(checkpoint.Verify(cancellation: TestContext.Current.CancellationToken).Problems);
                Assert.StartsWith($"{path}: tensor '{entry.Name}': its data has changed since it was saved: its hash is ", problem);
                var error = Assert.Throws<CheckpointException>(() => checkpoint.Read(entry.Kind, entry.Name));
                Assert.StartsWith(problem, error.Message);
                Assert.Contains("Committed here: step-00000200", error.Message);
            }

            Flip(path, entry.Offset + entry.Length / 2);
        }

        using var restored = Checkpoint.Open(_root.Path);
        SmallRun.AssertHolds(restored, 200);
    }

    [Fact]
    public void ReadInto_AFlippedBit_IsRefusedAndOtherTensorsStayReadable()
    {
        var entry = Manifest().Find(TensorKind.Weights, "model.embed_tokens.weight")!;
        Flip(Path.Combine(_folder, entry.File), entry.Offset);
        using var checkpoint = Checkpoint.Open(_root.Path);
        using var destination = TorchSharp.torch.zeros([16, 8], dtype: TorchSharp.torch.ScalarType.BFloat16);

        Assert.Throws<CheckpointException>(() => checkpoint.ReadInto(TensorKind.Weights, entry.Name, destination));
        using var other = checkpoint.Read(TensorKind.Optimizer, entry.Name + ".exp_avg");
        Assert.Equal([16L, 8L], other.shape);
    }

    [Fact]
    public void Read_FromATruncatedFile_NamesItAndTheOtherCheckpoints()
    {
        SmallRun.Save(_root.Path, 300);
        var path = Path.Combine(_folder, CheckpointLayout.ShardFile(TensorKind.Weights, 0));
        using (var file = File.OpenWrite(path)) file.SetLength(file.Length - 1);
        using var checkpoint = Checkpoint.Open(_folder);

        var error = Assert.Throws<CheckpointException>(() => checkpoint.Read(TensorKind.Weights, "model.embed_tokens.weight"));

        Assert.StartsWith(path, error.Message);
        Assert.Contains("it is truncated, or its header damaged. Committed here: step-00000300, step-00000200", error.Message);
    }

    [Fact]
    public void Verify_SeveralProblems_CollectsThemAll()
    {
        var truncated = Path.Combine(_folder, CheckpointLayout.ShardFile(TensorKind.Weights, 0));
        var missing = Path.Combine(_folder, CheckpointLayout.ShardFile(TensorKind.Weights, 1));
        var header = Path.Combine(_folder, CheckpointLayout.ShardFile(TensorKind.Optimizer, 0));
        var entry = Manifest().Tensors.First(t => t.File == CheckpointLayout.ShardFile(TensorKind.Optimizer, 1));
        using (var file = File.OpenWrite(truncated)) file.SetLength(file.Length - 1);
        File.Delete(missing);
        Flip(header, 8);
        Flip(Path.Combine(_folder, entry.File), entry.Offset);
        using var checkpoint = Checkpoint.Open(_root.Path);

        var problems = checkpoint.Verify(cancellation: TestContext.Current.CancellationToken).Problems;

        Assert.Equal(4, problems.Count);
        Assert.Contains(problems,
            p => p.StartsWith(truncated, StringComparison.Ordinal) && p.Contains("truncated", StringComparison.Ordinal));
        Assert.Contains(problems, p => p.StartsWith(missing + ": cannot be opened", StringComparison.Ordinal));
        Assert.Contains(problems, p => p.StartsWith(header + ": the header must be a JSON object", StringComparison.Ordinal));
        Assert.Contains(problems, p => p.Contains($"tensor '{entry.Name}': its data has changed", StringComparison.Ordinal));
    }

    [Fact]
    public void Verify_AFileFromAnotherStep_IsFoundByItsHashes()
    {
        var other = SmallRun.Save(_root.Path, 300, ranks: 2);
        var file = CheckpointLayout.ShardFile(TensorKind.Weights, 1);
        File.Copy(Path.Combine(other, file), Path.Combine(_folder, file), overwrite: true);
        using var checkpoint = Checkpoint.Open(_folder);

        var result = checkpoint.Verify(cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(Manifest().Tensors.Count(t => t.File == file), result.Problems.Count);
        Assert.Equal(18, result.Tensors);
    }

    [Fact]
    public void Verify_AFileOfAnotherLayout_NamesTheDifferencesOfTheHeaders()
    {
        File.Copy(Path.Combine(_folder, CheckpointLayout.ShardFile(TensorKind.Weights, 1)),
            Path.Combine(_folder, CheckpointLayout.ShardFile(TensorKind.Weights, 0)), overwrite: true);
        using var checkpoint = Checkpoint.Open(_folder);

        var problems = checkpoint.Verify(cancellation: TestContext.Current.CancellationToken).Problems;

        Assert.Contains(problems,
            p => p.Contains("'model.embed_tokens.weight': the manifest places it here, the file has no such tensor",
                StringComparison.Ordinal));
        Assert.Contains(problems,
            p => p.Contains("'model.layers.0.mlp.gate.e_score_correction_bias': the manifest does not name it", StringComparison.Ordinal));
    }

    [Fact]
    public void Verify_Cancelled_Ends()
    {
        using var checkpoint = Checkpoint.Open(_root.Path);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();

        Assert.Throws<OperationCanceledException>(() => checkpoint.Verify(cancellation: cancelled.Token));
    }

    private CheckpointManifest Manifest()
    {
        using var checkpoint = Checkpoint.Open(_folder);
        return checkpoint.Manifest;
    }

    private static void Flip(string path, long at)
    {
        using var file = File.Open(path, FileMode.Open);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ 0x10));
    }

    private sealed class Recorder : IProgress<VerificationProgress>
    {
        public List<VerificationProgress> Reports { get; } = [];

        public void Report(VerificationProgress value) => Reports.Add(value);
    }
}
