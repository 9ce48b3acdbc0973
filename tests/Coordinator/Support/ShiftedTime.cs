namespace Distributed.Coordinator.Tests.Support;

/// <summary>The system clock with an offset.</summary>
internal sealed class ShiftedTime(TimeSpan by) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
}
