using System.Globalization;

namespace Distributed.Protocol.Faults;

/// <summary>When a fault is due: once a step is committed, or some time after the run has begun. Exactly one of both is there.</summary>
public sealed record FaultMoment
{
    /// <summary>The word of a step.</summary>
    public const string StepWord = "step";

    /// <summary>The word of a time.</summary>
    public const string TimeWord = "time";

    private FaultMoment()
    {
    }

    /// <summary>Steps committed, 1 or more: due right after this one and before the next.</summary>
    public long? Step { get; private init; }

    /// <summary>Since the run began, more than zero.</summary>
    public TimeSpan? Time { get; private init; }

    /// <summary>After a step.</summary>
    public static FaultMoment AtStep(long step)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        return new() { Step = step };
    }

    /// <summary>At a time.</summary>
    public static FaultMoment AtTime(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(time, TimeSpan.Zero);
        return new() { Time = time };
    }

    /// <summary>For example <c>step=12</c> or <c>time=2.5</c>, in seconds.</summary>
    public override string ToString() => Step is { } step
        ? string.Create(CultureInfo.InvariantCulture, $"{StepWord}={step}")
        : string.Create(CultureInfo.InvariantCulture, $"{TimeWord}={Time!.Value.TotalSeconds:R}");
}
