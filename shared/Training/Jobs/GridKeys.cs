using Distributed.Configuration;
using Distributed.Configuration.Keys;

namespace Distributed.Training.Jobs;

/// <summary>
/// The keys <c>workers</c> = <c>expert_parallel</c> x <c>replicas</c> of <see cref="ParallelSection"/>. Any two determine the third;
/// without <c>workers</c> and <c>expert_parallel</c>, <c>workers</c> has its default.
/// </summary>
internal static class GridKeys
{
    private const int MaxWorkers = 1 << 16;

    private static readonly string Numbers = new WholeRange(1, MaxWorkers).ToString();

    /// <summary>The key <c>workers</c>, which reads all three.</summary>
    public static Key<ParallelSection> Workers => new()
    {
        Name = "workers",
        Allowed = Numbers,
        Meaning = "Number of workers: `expert_parallel` x `replicas`. Any two of the three determine the third.",
        Read = Read,
        Write = section => section.Workers,
    };

    /// <summary>The key <c>expert_parallel</c>, which is read but not written, since the other two determine it.</summary>
    public static Key<ParallelSection> ExpertParallel => new()
    {
        Name = "expert_parallel",
        Allowed = $"{Numbers}, or null",
        Meaning = "Workers that share the experts of each layer; null: `workers` / `replicas`.",
        Read = (_, section) => section,
        Write = _ => null,
        IsOmitted = _ => true,
    };

    /// <summary>The key <c>replicas</c>.</summary>
    public static Key<ParallelSection> Replicas => new()
    {
        Name = "replicas",
        Allowed = $"{Numbers}, or null",
        Meaning = "Copies of every expert. The workers of one replica share the experts; "
            + "gradients of experts are summed over the replicas.",
        Read = (_, section) => section,
        Write = section => section.Replicas,
        IsOmitted = section => section.Replicas == 1,
    };

    private static ParallelSection Read(ConfigReader reader, ParallelSection defaults)
    {
        var (workers, expertParallel, replicas) =
        (
            reader.IsGiven("workers") ? reader.Int("workers", 1, 1, MaxWorkers) : (int?)null,
            reader.OptionalInt("expert_parallel", null, 1, MaxWorkers),
            reader.OptionalInt("replicas", null, 1, MaxWorkers)
        );
        if (reader.HasProblems("workers", "expert_parallel", "replicas")) return Of(workers ?? 1, 1);
        if (workers is null && expertParallel is { } share)
        {
            var product = (long)share * (replicas ?? 1);
            if (product > MaxWorkers)
            {
                reader.Refuse("replicas", $"expert_parallel x replicas = {product} workers; allowed: at most {MaxWorkers}");
                return Of(1, 1);
            }

            workers = (int)product;
        }

        var all = workers ?? defaults.Workers;
        if (Mistake(all, expertParallel, replicas) is { } mistake)
        {
            reader.Refuse(mistake.Key, mistake.Allowed);
            return Of(all, 1);
        }

        return Of(all, replicas ?? (expertParallel is { } shared ? all / shared : 1));

        ParallelSection Of(int workers, int replicas) => defaults with { Workers = workers, Replicas = replicas };
    }

    // Three numbers that do not fit, or two without a whole number as the third; null if they fit.
    private static (string Key, string Allowed)? Mistake(int workers, int? expertParallel, int? replicas) =>
        (expertParallel, replicas) switch
        {
            ({ } share, { } copies) when (long)share * copies != workers =>
                ("replicas", $"workers = expert_parallel x replicas, and {share} x {copies} = {(long)share * copies}, "
                    + $"but parallel.workers = {workers}; allowed: numbers that fit, or two of the three"),
            ({ } share, null) when workers % share != 0 => ("expert_parallel", Divisor(workers)),
            (null, { } copies) when workers % copies != 0 => ("replicas", Divisor(workers)),
            _ => null,
        };

    private static string Divisor(int workers) =>
        $"allowed: a divisor of parallel.workers = {workers}, since workers = expert_parallel x replicas";
}
