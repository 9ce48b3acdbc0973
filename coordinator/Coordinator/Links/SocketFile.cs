using System.Net.Sockets;

namespace Distributed.Coordinator.Links;

/// <summary>The file of a unix socket.</summary>
internal static class SocketFile
{
    /// <summary>Removes one that nobody listens at: a killed process leaves it, and a later one could not bind it.</summary>
    public static void RemoveAbandoned(string path)
    {
        if (!File.Exists(path)) return;
        try
        {
            using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException refused) when (refused.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
        }
    }

    /// <summary>Lets only this user connect.</summary>
    public static void Restrict(string path)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
