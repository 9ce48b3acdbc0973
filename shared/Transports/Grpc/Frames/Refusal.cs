namespace Distributed.Transports.Grpc.Frames;

/// <summary>Why a frame or a handshake is refused.</summary>
/// <param name="Kind">The kind under which the refusal is counted.</param>
/// <param name="Text">What is wrong: a clause without a final full stop.</param>
internal readonly record struct Refusal(RefusalKind Kind, string Text)
{
    /// <summary>Whether the frame is merely late and is dropped. After any other refusal the peer counts as lost.</summary>
    public bool IsLate => Kind is RefusalKind.StaleEpoch or RefusalKind.Identity;
}
