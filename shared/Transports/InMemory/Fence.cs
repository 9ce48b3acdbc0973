namespace Distributed.Transports.InMemory;

/// <summary>What groups that fall together share: one lock, and the first abort of any of them.</summary>
internal sealed class Fence
{
    public object Gate { get; } = new();

    /// <summary>Who aborted, as errors name it, and why. Needs the lock.</summary>
    public (int Culprit, Exception Reason)? Abort { get; set; }
}
