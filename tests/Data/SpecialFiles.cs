using System.Diagnostics;
using System.Net.Sockets;

namespace Distributed.Data.Tests;

/// <summary>Files that must not be opened: a named pipe without a writer, a socket.</summary>
internal static class SpecialFiles
{
    public static void Pipe(string path)
    {
        using var mkfifo = Process.Start("mkfifo", [path]);
        mkfifo.WaitForExit();
        Assert.Equal(0, mkfifo.ExitCode);
    }

    public static Socket Socket(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        return socket;
    }
}
