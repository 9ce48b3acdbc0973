using Distributed.Configuration.Keys;
using Distributed.Planning;

namespace Distributed.Training.Jobs;

/// <summary>Section <c>parallel</c> of a job: the number of workers and how the network is distributed over them.</summary>
public sealed record ParallelSection
{
    private const int MaxThreads = 1024; // each thread has a stack; more threads than processors slow a machine down

    /// <summary>Number of workers: <c>expert_parallel</c> x <c>replicas</c>. Any two of the three determine the third.</summary>
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

    internal static KeyTable<ParallelSection> Keys { get; } = new KeyTable<ParallelSection>()
        .With(GridKeys.Workers)
        .With(GridKeys.ExpertParallel)
        .With(GridKeys.Replicas)
        .OptionalInteger("threads_per_worker", section => section.ThreadsPerWorker,
            "Compute threads of one worker; null divides the machine's cores among the workers, at least one each.", 1, MaxThreads)
        .Flag("zero", section => section.Zero, "Whether a parameter that several workers hold is updated by one owner, "
            + "which alone keeps its optimizer state (ZeRO stage 1, Rajbhandari et al. 2020, section 5.1). "
            + "Parameters are assigned as whole tensors.")
        .OptionalReal("link_latency_us", section => section.LinkLatencyUs,
            "Simulated network latency, in microseconds, of a message between two workers of one process, "
            + "in addition to its transfer time; null for none.", 0, 1e9)
        .OptionalReal("link_gb_s", section => section.LinkGbS,
            "Simulated bandwidth from one worker of one process to another, in gigabytes (10^9 bytes) per second; null for no limit.",
            1e-6);
}
