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
        if (!File.Exists(path)) return path;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException refused) when (refused.SocketErrorCode == SocketError.ConnectionRefused && new FileInfo(path).Length == 0)
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

    /// <summary>Lets only this user in.</summary>
    public static void Protect(string path)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
