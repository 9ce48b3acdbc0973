using System.Net;
using Distributed.Coordinator.Service;
using Distributed.Coordinator.Storage;
using Distributed.Coordinator.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Coordinator.Tests.Service;

/// <summary>Addresses and files that a coordinator refuses at its start, and the messages.</summary>
public sealed class CoordinatorServerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private ServiceOptions Options => ServedCoordinator.Options(_folder.At("state"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Start_WithOptionsOutOfRange_ReportsAll()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() => Start(Options with
        {
            Listen = new IPEndPoint(IPAddress.Any, 5080), Socket = new string('x', 108), Lease = TimeSpan.Zero,
            Metrics = new() { Points = 1 },
        }));

        Assert.Contains("Listen is 0.0.0.0:5080; without authentication it must be a loopback address, such as 127.0.0.1:5080.",
            error.Message, StringComparison.Ordinal);
        Assert.Contains("Lease is 00:00:00", error.Message, StringComparison.Ordinal);
        Assert.Contains("Points is 1", error.Message, StringComparison.Ordinal);
        Assert.Contains("bytes, and the path of a socket has at most 107", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.At("state")));
    }

    [Fact]
    public async Task Start_OnAPortInUse_ThrowsAnIOException()
    {
        await using var first = await Start(Options);

        var error = await Assert.ThrowsAsync<IOException>(
            () =>
                Start(ServedCoordinator.Options(_folder.At("other")) with { Listen = new IPEndPoint(IPAddress.Loopback, first.Api.Port) }));

        Assert.Contains($"127.0.0.1:{first.Api.Port}", error.Message, StringComparison.Ordinal);
        StateFolder.Lock(_folder.At("other")).Dispose(); // the failed start has released the lock
    }

    [Fact]
    public async Task Start_OnAStateFolderInUse_IsRefused()
    {
        await using var first = await Start(Options);

        Assert.Contains("is in use by another coordinator", (await Assert.ThrowsAsync<StateException>(() => Start(Options))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_OnASocketInUse_IsRefused()
    {
        await using var first = await Start(Options);

        var error = await Assert.ThrowsAsync<IOException>(
            () => Start(ServedCoordinator.Options(_folder.At("other")) with { Socket = first.Socket }));

        Assert.Equal(
            $"Cannot create the socket {first.Socket}: another process uses it. Stop that process, or choose another path with --socket.",
            error.Message);
    }

    [Fact]
    public async Task Start_OnASocketLeftByAKilledProcess_ReplacesIt()
    {
        var path = _folder.At("left");
        using (var left = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream,
            System.Net.Sockets.ProtocolType.Unspecified))
        {
            left.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(_folder.At("bound")));
            File.Move(_folder.At("bound"), path); // so that closing the socket does not remove the file
        }

        await using var server = await Start(Options with { Socket = path });

        Assert.Equal(path, server.Socket);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public async Task Start_OnASocketPathThatIsAFile_DoesNotRemoveIt()
    {
        File.WriteAllText(_folder.At("precious"), "text");

        var error = await Assert.ThrowsAsync<IOException>(() => Start(Options with { Socket = _folder.At("precious") }));

        Assert.Contains("Choose another path with --socket", error.Message, StringComparison.Ordinal);
        Assert.Equal("text", File.ReadAllText(_folder.At("precious")));
    }

    private static Task<CoordinatorServer> Start(ServiceOptions options) =>
        CoordinatorServer.StartAsync(options, new PlainReader(), TimeProvider.System, NullLoggerFactory.Instance);
}
