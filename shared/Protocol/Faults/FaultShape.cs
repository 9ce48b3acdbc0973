using System.Collections.Immutable;

namespace Distributed.Protocol.Faults;

/// <summary>
/// How a kind of fault is written.
/// <code>
/// kind                 where        when             parameters
/// kill                 worker       step or time
/// stop                 worker       step or time     seconds: until it goes on; without, never
/// exception            worker       step
/// non-finite-gradient  worker       step
/// dropped-connection   worker       step
/// partition            worker       step or time     seconds (5)
/// slow-link            worker       step             seconds (5), latency-ms (50), mb-per-s: without, any
/// corrupt-frame        worker       step
/// disk-full            worker       step             seconds; without, until one write was refused
/// coordinator-kill     coordinator  step or time
/// </code>
/// </summary>
public sealed record FaultShape
{
    private const double Longest = 86_400; // a day, in seconds

    private static readonly FaultParameter Lasting = new(FaultParameter.Seconds, 0.001, Longest, 5), Until = Lasting with { Default = null };

    /// <summary>Every kind's, in the enumeration's order.</summary>
    public static ImmutableArray<FaultShape> All { get; } =
    [
        new() { Kind = FaultKind.Kill, Word = "kill", MayBeTimed = true },
        new() { Kind = FaultKind.Stop, Word = "stop", MayBeTimed = true, Parameters = [Until] },
        new() { Kind = FaultKind.Exception, Word = "exception" },
        new() { Kind = FaultKind.NonFiniteGradient, Word = "non-finite-gradient" },
        new() { Kind = FaultKind.DroppedConnection, Word = "dropped-connection" },
        new() { Kind = FaultKind.Partition, Word = "partition", MayBeTimed = true, Parameters = [Lasting] },
        new() { Kind = FaultKind.SlowLink, Word = "slow-link", Parameters = [Lasting, new(FaultParameter.LatencyMs, 0, 10_000, 50), new(FaultParameter.MbPerSecond, 0.001, 1e6)] },
        new() { Kind = FaultKind.CorruptFrame, Word = "corrupt-frame" },
        new() { Kind = FaultKind.DiskFull, Word = "disk-full", Parameters = [Until] },
        new() { Kind = FaultKind.CoordinatorKill, Word = "coordinator-kill", MayBeTimed = true, IsOfWorker = false },
    ];

    /// <summary>Which.</summary>
    public required FaultKind Kind { get; init; }

    /// <summary>Its word.</summary>
    public required string Word { get; init; }

    /// <summary>Whether it befalls a worker, and not the coordinator.</summary>
    public bool IsOfWorker { get; init; } = true;

    /// <summary>Whether it may be due at a time, and not only after a step.</summary>
    public bool MayBeTimed { get; init; }

    /// <summary>What more it says.</summary>
    public ImmutableArray<FaultParameter> Parameters { get; init; } = [];

    /// <summary>Of a kind.</summary>
    public static FaultShape Of(FaultKind kind) => All.First(shape => shape.Kind == kind);

    /// <summary>Of a word; null where no kind has it.</summary>
    public static FaultShape? Find(string word) => All.FirstOrDefault(shape => shape.Word == word);
}
