namespace Distributed.Transports.Grpc.Frames;

/// <summary>Why a frame or a handshake is not acted upon.</summary>
/// <param name="Kind">What is counted.</param>
/// <param name="Text">What is wrong, as the rest of a sentence.</param>
internal readonly record struct Refusal(RefusalKind Kind, string Text)
{
    /// <summary>A late frame is harmless; after any other refusal nothing of that peer can be believed.</summary>
    public bool IsLate => Kind is RefusalKind.StaleEpoch or RefusalKind.Identity;
}
