namespace Distributed.Transports.Grpc.Groups;

/// <summary>Why the groups of an epoch are fenced.</summary>
/// <param name="Id">Identifies the abort notice, also if another rank forwards it.</param>
/// <param name="Culprit">World rank that caused the abort.</param>
/// <param name="Reason">The error itself on the rank that found it; the text that this rank sent on all others.</param>
/// <param name="ThrowsReason">Whether this rank's next call throws the reason itself, once: this rank found the error.</param>
internal sealed record Verdict(string Id, int Culprit, Exception Reason, bool ThrowsReason)
{
    /// <summary>Creates a verdict about an error that this rank found and that its next call throws.</summary>
    public static Verdict Finding(int culprit, Exception reason) => new(NewId(), culprit, reason, true);

    /// <summary>Creates a verdict about this rank itself or about a lost rank.</summary>
    public static Verdict Notice(int culprit, Exception reason) => new(NewId(), culprit, reason, false);

    private static string NewId() => Guid.NewGuid().ToString("N");
}
