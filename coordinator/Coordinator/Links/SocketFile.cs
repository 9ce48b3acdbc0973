using System.Net.Sockets;

namespace Distributed.Coordinator.Links;

/// <summary>The file of a socket, which a killed process leaves behind.</summary>
internal static class SocketFile
{
    /// <summary>The path, with nothing there: what nobody listens on is removed.</summary>
    /// <exception cref="IOException">Somebody listens on it, or it is no socket.</exception>
    public static string Free(string path)
    {
        path = Path.GetFullPath(path);
        if (Path.GetDirectoryName(path) is { } folder && !Directory.Exists(folder)) throw new IOException($"The socket {path} cannot be made: there is no folder {folder}. Make it, or name another with --socket.");
        if (Directory.Exists(path)) throw new IOException($"The socket {path} cannot be made: it is a folder. Name another with --socket.");
        if (!File.Exists(path)) return path;
        if (!IsSocket(path)) throw new IOException($"The socket {path} cannot be made: there is a file of that name, which is no socket. Name another with --socket, or move it away.");
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
            throw new IOException($"The socket {path} cannot be made: {error.Message}. Name another with --socket.", error);
        }

        throw new IOException($"The socket {path} is in use by another process: stop that one, or name another with --socket.");
    }

    // Nothing but a socket cannot be opened as a file that is there and may be read.
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

    /// <summary>Lets only this user in.</summary>
    public static void Protect(string path)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
