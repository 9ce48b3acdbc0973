using System.Net.Sockets;

namespace Distributed.Coordinator.Tests.Links;

/// <summary>A proxy for a unix socket whose connections a test can cut.</summary>
internal sealed class CuttableProxy : IAsyncDisposable
{
    private readonly string _target;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<Socket> _open = []; // near, far, near, far, ...; guarded by itself
    private readonly List<Socket> _stranded = []; // guarded by _open
    private readonly Task _accepting;
    private volatile bool _closed;
    private int _accepted;

    public CuttableProxy(string path, string target)
    {
        _target = target;
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    /// <summary>Number of connections accepted so far.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Breaks all connections.</summary>
    public void Cut()
    {
        lock (_open)
        {
            foreach (var socket in _open) socket.Dispose();
            _open.Clear();
        }
    }

    /// <summary>Breaks all connections on the near side only: the server still considers them alive.</summary>
    public void Strand()
    {
        lock (_open)
        {
            foreach (var (index, socket) in _open.Index())
            {
                if (index % 2 == 0) socket.Dispose();
                else _stranded.Add(socket);
            }

            _open.Clear();
        }
    }

    /// <summary>Breaks all connections and refuses new ones until <see cref="Open"/>.</summary>
    public void Close()
    {
        _closed = true;
        Cut();
    }

    public void Open() => _closed = false;

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        Close();
        foreach (var socket in _stranded) socket.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var near = await _listener.AcceptAsync();
                Interlocked.Increment(ref _accepted);
                _ = CarryAsync(near);
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task CarryAsync(Socket near)
    {
        var far = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using (near)
        {
            lock (_open) _open.AddRange([near, far]);
            try
            {
                if (_closed) return;
                await far.ConnectAsync(new UnixDomainSocketEndPoint(_target));
                await Task.WhenAny(CopyAsync(near, far), CopyAsync(far, near));
            }
            catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
            {
            }
            finally
            {
                lock (_open)
                {
                    if (!_stranded.Contains(far)) far.Dispose();
                }
            }
        }
    }

    private static async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[4096];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
                for (var sent = 0; sent < count;) sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
        {
        }
    }
}
