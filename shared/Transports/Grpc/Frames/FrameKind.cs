namespace Distributed.Transports.Grpc.Frames;

/// <summary>What a frame carries; the numbers are the wire's.</summary>
internal enum FrameKind : byte
{
    /// <summary>The source has started an exchange: its tag, all lengths that it sends and expects, perhaps the payload.</summary>
    Announcement = 1,

    /// <summary>A stretch of a large payload.</summary>
    Chunk = 2,

    /// <summary>The source has left a group after so many exchanges.</summary>
    Leave = 3,

    /// <summary>How far the source is in what it does with the group by other means than these exchanges.</summary>
    Standing = 4,
}
