namespace Distributed.Transports.InMemory;

/// <summary>State that groups which are fenced together share: one lock, and the first abort of any of them.</summary>
internal sealed class Fence
{
    public object Gate { get; } = new();

    /// <summary>The culprit, as a world rank, and the reason; null before an abort. Needs the lock.</summary>
    public (int Culprit, Exception Reason)? Abort { get; set; }
}
