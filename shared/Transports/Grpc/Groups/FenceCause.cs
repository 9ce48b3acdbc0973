namespace Distributed.Transports.Grpc.Groups;

/// <summary>Why the groups of an epoch are fenced.</summary>
/// <param name="Id">Identifies the abort notice, also if another rank forwards it.</param>
/// <param name="Culprit">World rank that caused the abort.</param>
/// <param name="Reason">The error itself on the rank that found it; the text that this rank sent on all others.</param>
/// <param name="ThrowsReason">Whether this rank's next call throws the reason itself, once: this rank found the error.</param>
internal sealed record FenceCause(string Id, int Culprit, Exception Reason, bool ThrowsReason)
{
    /// <summary>Creates the cause of an error that this rank detected and that its next call throws.</summary>
    public static FenceCause Detected(int culprit, Exception reason) => new(NewId(), culprit, reason, true);

    /// <summary>Creates a cause that concerns this rank itself or a lost rank.</summary>
    public static FenceCause Reported(int culprit, Exception reason) => new(NewId(), culprit, reason, false);

    private static string NewId() => Guid.NewGuid().ToString("N");
}
