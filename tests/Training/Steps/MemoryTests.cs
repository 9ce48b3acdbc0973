using System.Collections.Immutable;
using Distributed.Models;
using Distributed.Parallel.Dispatch;
using Distributed.Parallel.Forward;
using Distributed.Training.Objectives;
using Distributed.Training.Optimizers;
using Distributed.Training.Sharding;
using Distributed.Training.Steps;
using Distributed.Training.Tests.Parity;
using static TorchSharp.torch;

namespace Distributed.Training.Tests.Steps;

/// <summary>Scopes free native memory, not the garbage collector, so a leak grows with every step.</summary>
[Collection(nameof(MemoryTests))]
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
public sealed class MemoryTests
{
    private const int Warm = 200, Steps = 400; // scripts and methods are compiled in the first hundred steps

    [Fact]
    public void Step_TwoHundredTimes_LeavesLiveTensorsAndResidentMemoryFlat()
    {
        var config = new ParityRun(2, 1, true, 1, true).Config;
        Collect(); // otherwise garbage of other tests would be collected during the steps
        var after = Group.Run(2, (exchange, collectives) =>
        {
            ImmutableArray<int>[] shares = [[0, 1, 2], [3, 4, 5]];
            var model = new Decoder(config, ScalarType.Float32, _ => shares[exchange.Rank]);
            model.Parameters.Initialise(7, 0.1);
            var locations = config.MoeLayers.ToDictionary(layer => layer, _ => new ExpertLocations(6, shares));
            using var network = new TrainedNetwork(model, locations, new AllToAllDispatcher(exchange, TimeProvider.System), new AdamW(),
                new Ownership(model.Parameters, new GroupRank(exchange.Rank, exchange.Size), new GroupRank(0, 1), zero: true));
            var step = new TrainingStep(network, new NextToken(), collectives, new StepOptions(), TimeProvider.System);
            using var tokens = randint(0, config.VocabSize, [4, 9], ScalarType.Int64, generator: new Generator(1));
            (long Tensors, long Bytes) warm = default;
            for (var n = 0; n < Steps; n++)
            {
                using (NewDisposeScope())
                using (var batch = new TokenBatch(tokens.narrow(1, 0, 8).clone(), tokens.narrow(1, 1, 8).clone()))
                    step.Run(n, 1e-3, [batch]);
                collectives.Barrier();
                if (n + 1 == Warm) warm = Now();
                collectives.Barrier();
            }

            var end = Now();
            collectives.Barrier();
            return (warm, end);
        })[0];

        Assert.Equal(after.warm.Tensors, after.end.Tensors);
        Assert.InRange(after.end.Bytes - after.warm.Bytes, long.MinValue, 16 << 20);
    }

    // Collects garbage first: the managed heap can grow by hundreds of megabytes before a collection.
    private static (long Tensors, long Bytes) Now()
    {
        var tensors = Tensor.TotalCount;
        Collect();
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        return (tensors, self.WorkingSet64);
    }

    private static void Collect()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
    }
}
