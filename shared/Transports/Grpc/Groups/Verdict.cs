namespace Distributed.Transports.Grpc.Groups;

/// <summary>Why a group is over.</summary>
/// <param name="Id">Tells one notice from another, whoever passes it on.</param>
/// <param name="Culprit">Rank of the world.</param>
/// <param name="Reason">On the rank that found it the error itself, elsewhere what that rank told.</param>
/// <param name="ThrowsReason">Whether this rank's next call throws the reason itself, once: it is this rank's own finding.</param>
internal sealed record Verdict(string Id, int Culprit, Exception Reason, bool ThrowsReason)
{
    /// <summary>What this rank has found, to be thrown as it is.</summary>
    public static Verdict Finding(int culprit, Exception reason) => new(NewId(), culprit, reason, true);

    /// <summary>What this rank says about itself or about one that is gone.</summary>
    public static Verdict Notice(int culprit, Exception reason) => new(NewId(), culprit, reason, false);

    private static string NewId() => Guid.NewGuid().ToString("N");
}
