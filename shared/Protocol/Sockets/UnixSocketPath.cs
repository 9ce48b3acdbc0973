using System.Text;

namespace Distributed.Protocol.Sockets;

/// <summary>The path of a Unix domain socket. The system keeps it in 108 bytes, the last of which is its end: unix(7), <c>sun_path</c>.</summary>
public static class UnixSocketPath
{
    /// <summary>Bytes that a path may have, in UTF-8. A character that is not ASCII has 2 to 4 of them.</summary>
    public const int MostBytes = 107;

    /// <summary>The path from the root, which is what the system is given; an empty one stays as it is.</summary>
    public static string Whole(string path) => path.Length == 0 ? path : Path.GetFullPath(path);

    /// <summary>Why no socket can have a path, to follow its name in a sentence; null where one can.</summary>
    public static string? Problem(string path) => Encoding.UTF8.GetByteCount(path) switch
    {
        0 => "is empty; a socket needs a path",
        > MostBytes and var bytes => $"has {bytes} bytes, and the path of a socket has at most {MostBytes}",
        _ => null,
    };
}
