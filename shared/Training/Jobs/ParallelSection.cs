using System.Text.Json.Nodes;
using Distributed.Configuration;
using Distributed.Planning;

namespace Distributed.Training.Jobs;

/// <summary>Section <c>parallel</c> of a job: the number of workers and how the network is distributed over them.</summary>
public sealed record ParallelSection
{
    /// <summary>Number of workers: expert parallelism x replicas.</summary>
    public int Workers { get; init; } = 4;

    /// <summary>
    /// Copies of every expert. The workers of one replica share the experts; gradients of experts are summed over the replicas.
    /// </summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Layout of the workers: expert parallelism and replicas.</summary>
    public RankGrid Grid => new(Workers / Replicas, Replicas);

    /// <summary>Compute threads of one worker; null divides the machine's cores among the workers, at least one each.</summary>
    public int? ThreadsPerWorker { get; init; }

    /// <summary>
    /// Whether a parameter that several workers hold is updated by one owner, which alone keeps its optimizer state (ZeRO stage 1,
    /// Rajbhandari et al. 2020, section 5.1). Parameters are assigned as whole tensors.
    /// </summary>
    public bool Zero { get; init; } = true;

    /// <summary>
    /// Simulated network latency, in microseconds, of a message between two workers of one process, in addition to its transfer time;
    /// null for none.
    /// </summary>
    public double? LinkLatencyUs { get; init; }

    /// <summary>
    /// Simulated bandwidth from one worker of one process to another, in gigabytes (10^9 bytes) per second; null for no limit.
    /// </summary>
    public double? LinkGbS { get; init; }

    /// <summary>Returns the threads per worker on a machine with <paramref name="cores"/> cores.</summary>
    public int Threads(int cores) => ThreadsPerWorker ?? Math.Max(1, cores / Workers);

    private const int MaxThreads = 1024; // each thread has a stack; more threads than processors slow a machine down

    internal static ParallelSection Read(ConfigReader reader)
    {
        var (workers, replicas) = ReadGrid(reader);
        var section = new ParallelSection
        {
            Workers = workers,
            Replicas = replicas,
            ThreadsPerWorker = reader.OptionalInt("threads_per_worker", null, 1, MaxThreads),
            Zero = reader.Flag("zero", new ParallelSection().Zero),
            LinkLatencyUs = reader.Has("link_latency_us") ? reader.Real("link_latency_us", 0, 0, 1e9) : null,
            LinkGbS = reader.Has("link_gb_s") ? reader.Real("link_gb_s", 1, 1e-6) : null,
        };
        reader.RefuseUnknown();
        return section;
    }

    // workers = expert_parallel x replicas: any two give the third. Without workers and expert_parallel, workers has its default.
    private static (int Workers, int Replicas) ReadGrid(ConfigReader reader)
    {
        const int MaxWorkers = 1 << 16;
        var (workers, expertParallel, replicas) =
        (
            reader.IsGiven("workers") ? reader.Int("workers", 1, 1, MaxWorkers) : (int?)null,
            reader.OptionalInt("expert_parallel", null, 1, MaxWorkers),
            reader.OptionalInt("replicas", null, 1, MaxWorkers)
        );
        if (reader.HasProblems("workers", "expert_parallel", "replicas")) return (workers ?? 1, 1);
        if (workers is null && expertParallel is { } share)
        {
            var product = (long)share * (replicas ?? 1);
            if (product > MaxWorkers)
            {
                reader.Refuse("replicas", $"expert_parallel x replicas = {product} workers; allowed: at most {MaxWorkers}");
                return (1, 1);
            }

            workers = (int)product;
        }

        var all = workers ?? new ParallelSection().Workers;
        switch (expertParallel, replicas)
        {
            case ({ } ep, null) when all % ep != 0:
                reader.Refuse("expert_parallel",
                    $"allowed: a divisor of parallel.workers = {all}, since workers = expert_parallel x replicas");
                return (all, 1);
            case ({ } ep, null): return (all, all / ep);
            case ({ } ep, { } copies) when (long)ep * copies != all:
                reader.Refuse("replicas", $"workers = expert_parallel x replicas, and {ep} x {copies} = {(long)ep * copies}, "
                    + $"but parallel.workers = {all}; allowed: numbers that fit, or two of the three");
                return (all, 1);
            case (null, { } copies) when all % copies != 0:
                reader.Refuse("replicas", $"allowed: a divisor of parallel.workers = {all}, since workers = expert_parallel x replicas");
                return (all, 1);
            default: return (all, replicas ?? 1);
        }
    }

    internal JsonObject Write()
    {
        var json = new JsonObject { ["workers"] = Workers, ["zero"] = Zero };
        if (Replicas > 1) json["replicas"] = Replicas;
        if (ThreadsPerWorker is { } threads) json["threads_per_worker"] = threads;
        if (LinkLatencyUs is { } latency) json["link_latency_us"] = latency;
        if (LinkGbS is { } bandwidth) json["link_gb_s"] = bandwidth;
        return json;
    }
}
