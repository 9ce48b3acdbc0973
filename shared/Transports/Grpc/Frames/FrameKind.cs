namespace Distributed.Transports.Grpc.Frames;

/// <summary>Kind of a frame. The values are part of the wire format.</summary>
internal enum FrameKind : byte
{
    /// <summary>Start of an exchange: its tag, all lengths that the source sends and expects, and the payload if it is small.</summary>
    Announcement = 1,

    /// <summary>A part of a large payload.</summary>
    Chunk = 2,

    /// <summary>The source has left a group, after the given number of exchanges.</summary>
    Leave = 3,

    /// <summary>Progress of the source in operations of the group that this transport does not carry.</summary>
    Progress = 4,
}
