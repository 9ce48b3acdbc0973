using System.Text;

namespace Distributed.Protocol.Sockets;

/// <summary>
/// The path of a Unix domain socket. The system has 108 bytes for it, including a terminating zero (unix(7), <c>sun_path</c>).
/// </summary>
public static class UnixSocketPath
{
    /// <summary>Largest size of a path in bytes of UTF-8. A character that is not ASCII has 2 to 4 bytes.</summary>
    public const int MaxBytes = 107;

    /// <summary>The absolute path, which is passed to the system; an empty path is unchanged.</summary>
    public static string Absolute(string path) => path.Length == 0 ? path : Path.GetFullPath(path);

    /// <summary>Why a socket cannot have a path, as a predicate that follows the path in a sentence; null if it can.</summary>
    public static string? Problem(string path) => Encoding.UTF8.GetByteCount(path) switch
    {
        0 => "is empty; a socket needs a path",
        > MaxBytes and var bytes => $"has {bytes} bytes, and the path of a socket has at most {MaxBytes}",
        _ => null,
    };
}
