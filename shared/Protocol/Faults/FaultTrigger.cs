using System.Globalization;

namespace Distributed.Protocol.Faults;

/// <summary>When a fault is due: after a step is committed, or at a time since the run began. Exactly one of the two is set.</summary>
public sealed record FaultTrigger
{
    /// <summary>The name of a step in the text and list forms.</summary>
    public const string StepWord = "step";

    /// <summary>The name of a time in the text and list forms.</summary>
    public const string TimeWord = "time";

    private FaultTrigger()
    {
    }

    /// <summary>Number of the committed step, at least 1, right after which the fault is due; null if it is due at a time.</summary>
    public long? Step { get; private init; }

    /// <summary>Time since the run began, more than zero; null if the fault is due after a step.</summary>
    public TimeSpan? Time { get; private init; }

    /// <summary>Due after a step.</summary>
    public static FaultTrigger AtStep(long step)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        return new() { Step = step };
    }

    /// <summary>Due at a time since the run began.</summary>
    public static FaultTrigger AtTime(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(time, TimeSpan.Zero);
        return new() { Time = time };
    }

    /// <summary>For example <c>step=12</c> or <c>time=2.5</c>, in seconds.</summary>
    public override string ToString() => Step is { } step
        ? string.Create(CultureInfo.InvariantCulture, $"{StepWord}={step}")
        : string.Create(CultureInfo.InvariantCulture, $"{TimeWord}={Time!.Value.TotalSeconds:R}");
}
