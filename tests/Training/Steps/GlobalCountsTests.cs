using Distributed.Models;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Forward;
using Distributed.Training.Objectives;
using Distributed.Training.Steps;
using Distributed.Training.Tests.Parity;
using Distributed.Transports.InMemory;
using static TorchSharp.torch;

namespace Distributed.Training.Tests.Steps;

public sealed class GlobalCountsTests
{
    [Fact]
    public void Of_APackedBatch_CountsNoPadding()
    {
        using var model = new Decoder(new ParityRun(1, 1, Mtp: true, DenseLayers: 0, Groups: false).Config, ScalarType.Float32);
        using var batch = new TokenBatch(zeros(2, 6, ScalarType.Int64), full([2, 6], TokenBatch.NoTarget, ScalarType.Int64), packed:
            new PackedSequences([new(0, 0, 3), new(0, 3, 2), new(1, 0, 4)], 6));
        batch.Targets[0, 1] = 5;
        var counts = Count(model, batch);
        Assert.Equal((3, 9), (counts.Sequences, counts.Tokens));
        Assert.Equal([1L, 1, 1], counts.Targets); // at least 1 by depth, as divisors
        Assert.Equal([9L, 9, 6, 3], counts.RoutedTokens);
    }

    [Fact]
    public void Of_ABatchWithoutATarget_IsRefusedWithItsStep()
    {
        using var model = new Decoder(new ParityRun(1, 1, Mtp: false, DenseLayers: 0, Groups: false).Config, ScalarType.Float32);
        using var batch = new TokenBatch(zeros(1, 6, ScalarType.Int64), full([1, 6], TokenBatch.NoTarget, ScalarType.Int64));
        var error = Assert.Throws<TrainingException>(() => Count(model, batch));
        Assert.Contains("Step 3: the global batch of 6 tokens has no target", error.Message, StringComparison.Ordinal);
    }

    private static GlobalCounts Count(Decoder model, TokenBatch batch)
    {
        using var exchange = new InMemoryFabric(1).Endpoint(0);
        using var collectives = new ExchangeCollectives(exchange);
        return GlobalCounts.Of(2, [batch], model, new NextToken(), collectives);
    }
}
