using System.Net;
using System.Net.Sockets;

namespace Distributed.Worker.Checks;

/// <summary>Measures the rate of a stream over the loopback interface: one thread sends, one receives.</summary>
internal static class LoopbackCheck
{
    private const int Bytes = 64 << 20, Piece = 1 << 20;

    public static double GbS()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var sender = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        sender.Connect(listener.LocalEndPoint!);
        using var receiver = listener.Accept();
        var (from, to) = (new byte[Piece], new byte[Piece]);
        return Bytes / 1e9 / Timing.Best(() =>
        {
            var sending = new Thread(() =>
            {
                for (var sent = 0; sent < Bytes;) sent += sender.Send(from);
            });
            sending.Start();
            for (var received = 0; received < Bytes;)
            {
                var count = receiver.Receive(to);
                if (count == 0) throw new IOException("The loopback connection was closed.");
                received += count;
            }

            sending.Join();
        });
    }
}
