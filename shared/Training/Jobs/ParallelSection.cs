using System.Text.Json.Nodes;
using Distributed.Models.Configuration;

namespace Distributed.Training.Jobs;

/// <summary>Who works: section <c>parallel</c> of a job.</summary>
public sealed record ParallelSection
{
    /// <summary>Workers, which is also the number of shares that the experts of a layer are cut into (EP).</summary>
    public int Workers { get; init; } = 4;

    /// <summary>Threads that one worker computes with; null shares the machine's cores out, at least one each.</summary>
    public int? ThreadsPerWorker { get; init; }

    /// <summary>
    /// Whether the parameters that every worker holds are updated by one of them each, which alone keeps their optimizer
    /// state (ZeRO stage 1, Rajbhandari et al. 2020, section 5.1), by whole tensors.
    /// </summary>
    public bool Zero { get; init; } = true;

    /// <summary>Microseconds that a message takes between two workers of one process, beside its sending: a network to try things on. Null for none.</summary>
    public double? LinkLatencyUs { get; init; }

    /// <summary>Gigabytes (10^9 bytes) per second from one worker of one process to another; null for no bound.</summary>
    public double? LinkGbS { get; init; }

    /// <summary>Threads per worker on a machine with <paramref name="cores"/> cores.</summary>
    public int Threads(int cores) => ThreadsPerWorker ?? Math.Max(1, cores / Workers);

    internal static ParallelSection Read(ConfigReader reader)
    {
        var section = new ParallelSection
        {
            Workers = reader.Int("workers", new ParallelSection().Workers, 1, 1 << 16),
            ThreadsPerWorker = reader.OptionalInt("threads_per_worker", null, 1),
            Zero = reader.Flag("zero", new ParallelSection().Zero),
            LinkLatencyUs = reader.Has("link_latency_us") ? reader.Real("link_latency_us", 0, 0, 1e9) : null,
            LinkGbS = reader.Has("link_gb_s") ? reader.Real("link_gb_s", 1, 1e-6) : null,
        };
        reader.RefuseUnknown();
        return section;
    }

    internal JsonObject Write()
    {
        var json = new JsonObject { ["workers"] = Workers, ["zero"] = Zero };
        if (ThreadsPerWorker is { } threads) json["threads_per_worker"] = threads;
        if (LinkLatencyUs is { } latency) json["link_latency_us"] = latency;
        if (LinkGbS is { } bandwidth) json["link_gb_s"] = bandwidth;
        return json;
    }
}
