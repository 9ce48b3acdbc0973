namespace Distributed.Coordinator.Tests.Support;

/// <summary>The system's clock, set forward or back.</summary>
internal sealed class ShiftedTime(TimeSpan by) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
}
