using System.Diagnostics;
using System.Net.Sockets;

namespace Distributed.Configuration.Tests;

public sealed class FileStatusTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("distributed-status-");

    [Fact]
    public void Of_EveryKind_IsFoundWithoutOpening()
    {
        File.WriteAllText(At("file"), "four");
        Pipe(At("pipe"));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(At("socket")));
        File.CreateSymbolicLink(At("link"), "pipe");
        File.CreateSymbolicLink(At("back"), ".");
        File.CreateSymbolicLink(At("self"), "self");
        Assert.Equal(
            [
                FileKind.Regular, FileKind.Pipe, FileKind.Socket, FileKind.Pipe, FileKind.Directory,
                FileKind.Missing, FileKind.Missing, FileKind.Device, FileKind.Missing,
            ],
            new[] { At("file"), At("pipe"), At("socket"), At("link"), At("back"), At("self"), At("file/none"), "/dev/zero",
                "" }.Select(path => FileStatus.Of(path).Kind));
        Assert.Equal((4, 0), (FileStatus.Of(At("file")).Length, FileStatus.Of(_folder.FullName).Length));
        Assert.Equal(FileStatus.Of(_folder.FullName).Identity, FileStatus.Of(At("back")).Identity);
        Assert.NotEqual(FileStatus.Of(At("file")).Identity, FileStatus.Of(At("back")).Identity);
    }

    [Fact]
    public void DocumentFile_OfAPipeOrADevice_IsRefusedAtOnce()
    {
        Pipe(At("pipe"));
        Assert.Contains($"'{At("pipe")}' is a pipe", Assert.Throws<IOException>(() => DocumentFile.Bytes(At("pipe"), 10)).Message,
            StringComparison.Ordinal);
        Assert.Contains("'/dev/zero' is a device", Assert.Throws<IOException>(() => DocumentFile.Bytes("/dev/zero", 10)).Message,
            StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string At(string name) => Path.Combine(_folder.FullName, name);

    private static void Pipe(string path)
    {
        using var mkfifo = Process.Start("mkfifo", [path]);
        mkfifo.WaitForExit();
        Assert.Equal(0, mkfifo.ExitCode);
    }
}
