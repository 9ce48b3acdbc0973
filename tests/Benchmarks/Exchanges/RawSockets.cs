using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Distributed.Benchmarks.Exchanges;

/// <summary>The same exchange over plain loopback sockets: one thread sends to the other ranks, one receives from them.</summary>
internal sealed unsafe class RawSockets : IDisposable
{
    private const int Piece = 1 << 20;
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);
    private readonly Socket?[] _peers;
    private readonly Thread _sender;
    private readonly SemaphoreSlim _begin = new(0), _sent = new(0);
    private (nint Send, long Each) _work;
    private volatile bool _ended;

    public RawSockets(string folder, int rank, int ranks)
    {
        _peers = new Socket?[ranks];
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var path = Path.Combine(folder, $"socket-{rank}");
        File.WriteAllText(path + ".partial", ((IPEndPoint)listener.LocalEndPoint!).Port.ToString(CultureInfo.InvariantCulture));
        File.Move(path + ".partial", path);
        for (var peer = 0; peer < rank; peer++)
        {
            var other = Path.Combine(folder, $"socket-{peer}");
            if (!SpinWait.SpinUntil(() => File.Exists(other), Bound)) throw new TimeoutException($"Rank {peer} did not connect.");
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(IPAddress.Loopback, int.Parse(File.ReadAllText(other), CultureInfo.InvariantCulture));
            socket.Send([(byte)rank]);
            _peers[peer] = socket;
        }

        for (var peer = rank + 1; peer < ranks; peer++)
        {
            var socket = listener.Accept();
            socket.NoDelay = true;
            var name = new byte[1];
            socket.Receive(name);
            _peers[name[0]] = socket;
        }

        _sender = new Thread(Send) { IsBackground = true };
        _sender.Start();
    }

    public void Exchange(byte* send, byte* receive, long each)
    {
        _work = ((nint)send, each);
        _begin.Release();
        var at = receive;
        foreach (var socket in _peers)
        {
            if (socket is null) continue;
            for (var end = at + each; at < end;)
            {
                var count = socket.Receive(new Span<byte>(at, (int)Math.Min(end - at, Piece)));
                if (count == 0) throw new EndOfStreamException("A rank closed its connection.");
                at += count;
            }
        }

        _sent.Wait(Bound);
    }

    public void Dispose()
    {
        _ended = true;
        _begin.Release();
        _sender.Join(Bound);
        foreach (var socket in _peers) socket?.Dispose();
        _begin.Dispose();
        _sent.Dispose();
    }

    private void Send()
    {
        while (true)
        {
            _begin.Wait();
            if (_ended) return;
            var at = (byte*)_work.Send;
            foreach (var socket in _peers)
            {
                if (socket is null) continue;
                for (var end = at + _work.Each; at < end;) at += socket.Send(new ReadOnlySpan<byte>(at, (int)Math.Min(end - at, Piece)));
            }

            _sent.Release();
        }
    }
}
