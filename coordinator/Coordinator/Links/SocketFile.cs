using System.Net.Sockets;

namespace Distributed.Coordinator.Links;

/// <summary>Manages the file of a unix socket, which a killed process leaves behind.</summary>
internal static class SocketFile
{
    /// <summary>Frees the path of a socket: removes a socket file on which no process listens.</summary>
    /// <returns>The full path.</returns>
    /// <exception cref="IOException">A process listens on the socket, the path is not a socket, or its folder does not exist.</exception>
    public static string Free(string path)
    {
        path = Path.GetFullPath(path);
        if (Path.GetDirectoryName(path) is { } folder && !Directory.Exists(folder))
            throw new IOException(
                $"Cannot create the socket {path}: the folder {folder} does not exist. Create it, or choose another path with --socket.");
        if (Directory.Exists(path))
            throw new IOException($"Cannot create the socket {path}: it is a folder. Choose another path with --socket.");
        if (!File.Exists(path)) return path;
        if (!IsSocket(path))
            throw new IOException(
                $"Cannot create the socket {path}: a file that is not a socket has this name. "
                + "Choose another path with --socket, or move the file.");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException refused) when (refused.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return path;
        }
        catch (SocketException error)
        {
            throw new IOException($"Cannot create the socket {path}: {error.Message}. Choose another path with --socket.", error);
        }

        throw new IOException(
            $"Cannot create the socket {path}: another process uses it. Stop that process, or choose another path with --socket.");
    }

    // A socket is the only existing, readable file that cannot be opened.
    private static bool IsSocket(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            return false;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    /// <summary>Restricts a socket to this user.</summary>
    public static void Protect(string path)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
