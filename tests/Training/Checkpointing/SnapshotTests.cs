using Distributed.Checkpoints;
using Distributed.Training.Checkpointing;
using static TorchSharp.torch;

namespace Distributed.Training.Tests.Checkpointing;

public sealed class SnapshotTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    [Fact]
    public void Preserve_NothingWrittenYet_WritesTheValuesBeforeTheChange()
    {
        using var tensor = arange(8, ScalarType.Float32);
        using var snapshot = new Snapshot([(TensorKind.Weights, [("w", tensor)])], bound: 1);
        snapshot.Preserve(Bound);
        tensor.fill_(-1);
        Assert.Equal("0 1 2 3 4 5 6 7", Write(snapshot, "w", tensor));
    }

    [Fact]
    public async Task Preserve_MemoryLimitIsReached_WaitsForTheFirstAndCopiesTheLast()
    {
        using Tensor first = ones(4), last = zeros(4);
        using var snapshot = new Snapshot([(TensorKind.Weights, [("a", first), ("b", last)])], bound: 0.5);
        var preserving = Task.Run(() => snapshot.Preserve(Bound), TestContext.Current.CancellationToken);
        var lent = new TaskCompletionSource();
        var release = new ManualResetEventSlim();
        var writing = Task.Run(() => snapshot.AccessTo(TensorKind.Weights)("a", first, tensor =>
        {
            lent.SetResult();
            Assert.True(release.Wait(Bound));
            return Text(tensor);
        }), TestContext.Current.CancellationToken);
        await lent.Task.WaitAsync(Bound, TestContext.Current.CancellationToken);
        Assert.False(preserving.IsCompleted); // the first tensor is being read from its original memory
        release.Set();
        Assert.Equal("1 1 1 1", await writing.WaitAsync(Bound, TestContext.Current.CancellationToken));
        await preserving.WaitAsync(Bound, TestContext.Current.CancellationToken);
        last.fill_(9);
        Assert.Equal("0 0 0 0", Write(snapshot, "b", last));
    }

    [Fact]
    public void Preserve_AllIsWritten_CopiesNothing()
    {
        using var tensor = ones(3);
        using var snapshot = new Snapshot([(TensorKind.Optimizer, [("m", tensor)])], bound: 0);
        Assert.Equal("1 1 1", snapshot.AccessTo(TensorKind.Optimizer)("m", tensor, Text));
        snapshot.Preserve(Bound);
    }

    [Fact]
    public async Task Cancel_DuringPreserve_EndsTheWaitAndLendsNoFurtherTensor()
    {
        using var tensor = ones(3);
        using var snapshot = new Snapshot([(TensorKind.Weights, [("w", tensor)])], bound: 0);
        var preserving = Task.Run(() => snapshot.Preserve(Bound), TestContext.Current.CancellationToken);
        snapshot.Cancel();
        await preserving.WaitAsync(Bound, TestContext.Current.CancellationToken);
        Assert.Throws<OperationCanceledException>(() => Write(snapshot, "w", tensor));
    }

    private static string Write(Snapshot snapshot, string name, Tensor tensor) => snapshot.AccessTo(TensorKind.Weights)(name, tensor, Text);

    private static string Text(Tensor tensor) => string.Join(' ', tensor.data<float>().ToArray());
}
