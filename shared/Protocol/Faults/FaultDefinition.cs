using System.Collections.Immutable;

namespace Distributed.Protocol.Faults;

/// <summary>
/// The name, target, times and parameters of a kind of fault. The page of the command line lists them, and a test compares it with
/// <see cref="All"/>.
/// </summary>
public sealed record FaultDefinition
{
    private const double Longest = 86_400; // a day, in seconds

    private static readonly FaultParameter Lasting = new(FaultParameter.Seconds, new(0.001, Longest), 5),
        Until = Lasting with { Default = null }; // permanently; a full disk until one write has failed

    /// <summary>The definitions of all kinds, in the order of <see cref="FaultKind"/>.</summary>
    public static ImmutableArray<FaultDefinition> All { get; } =
    [
        new() { Kind = FaultKind.Kill, Name = "kill", AllowsTime = true },
        new() { Kind = FaultKind.Stop, Name = "stop", AllowsTime = true, Parameters = [Until] },
        new() { Kind = FaultKind.Exception, Name = "exception" },
        new() { Kind = FaultKind.NonFiniteGradient, Name = "non-finite-gradient" },
        new() { Kind = FaultKind.DroppedConnection, Name = "dropped-connection" },
        new() { Kind = FaultKind.Partition, Name = "partition", AllowsTime = true, Parameters = [Lasting] },
        new()
        {
            Kind = FaultKind.SlowLink, Name = "slow-link",
            Parameters = [Lasting, new(FaultParameter.LatencyMs, new(0, 10_000), 50), new(FaultParameter.MbPerSecond, new(0.001, 1e6))]
        },
        new() { Kind = FaultKind.CorruptFrame, Name = "corrupt-frame" },
        new() { Kind = FaultKind.DiskFull, Name = "disk-full", Parameters = [Until] },
        new() { Kind = FaultKind.CoordinatorKill, Name = "coordinator-kill", AllowsTime = true, TargetsWorker = false },
    ];

    /// <summary>The kind.</summary>
    public required FaultKind Kind { get; init; }

    /// <summary>Name of the kind in the text and list forms.</summary>
    public required string Name { get; init; }

    /// <summary>Whether the fault is injected into a worker; into the coordinator otherwise.</summary>
    public bool TargetsWorker { get; init; } = true;

    /// <summary>Whether the fault may be due at a time; only after a step otherwise.</summary>
    public bool AllowsTime { get; init; }

    /// <summary>The parameters.</summary>
    public ImmutableArray<FaultParameter> Parameters { get; init; } = [];

    /// <summary>Returns the definition of a kind.</summary>
    public static FaultDefinition Of(FaultKind kind) => All.First(definition => definition.Kind == kind);

    /// <summary>Returns the definition of the kind with a name; null if there is none.</summary>
    public static FaultDefinition? Find(string word) => All.FirstOrDefault(definition => definition.Name == word);
}
