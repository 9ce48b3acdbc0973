using System.Text;
using Distributed.Cli;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>A socket path of more than 107 bytes is refused before any file is created, whatever determines the path.</summary>
public sealed class SocketPathTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Serve_AStateFolderOfCyrillicLetters_CountsBytesAndMakesNothing()
    {
        var state = _workspace.At(new string('ж', 80));
        var socket = Path.Combine(state, "control.sock");

        foreach (var workers in new string[][] { [], ["--workers", "127.0.0.1:0"] })
        {
            var call = await Invocation.Of(["serve", "--listen", "127.0.0.1:0", "--state", state, .. workers]);

            Assert.Equal(ExitStatus.BadInput, call.Status);
            Assert.Equal(
                $"--state {state}: its socket {socket} has {Encoding.UTF8.GetByteCount(socket)} bytes, "
                + "and the path of a socket has at most 107. "
                + "Choose a folder with a shorter path, or a shorter path for the socket with --socket.",
                call.Error.Trim());
            Assert.False(Directory.Exists(state));
        }
    }

    [Fact]
    public async Task Serve_ASocketWhosePathIsTooLong_IsRefusedByItsWholePath()
    {
        var name = new string('s', 100);

        var call = await Invocation.Of("serve", "--listen", "127.0.0.1:0", "--state", _workspace.At("state"), "--socket", name);

        Assert.Equal(ExitStatus.BadInput, call.Status);
        Assert.StartsWith($"--socket {name}: {Path.GetFullPath(name)} has {Path.GetFullPath(name).Length} bytes", call.Error,
            StringComparison.Ordinal);
        Assert.False(Directory.Exists(_workspace.At("state")));
    }

    [Fact]
    public async Task Join_ASocketWhosePathIsTooLong_IsRefused()
    {
        var call = await Invocation.Of("worker", "join", "--coordinator", $"unix:/{new string('ж', 60)}");

        Assert.Equal(ExitStatus.BadInput, call.Status);
        Assert.Contains(
            "the path has 121 bytes, and the path of a socket has at most 107. "
            + "Use a relative path from a nearer working directory, or give the coordinator a shorter path with serve --socket.",
            call.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_ATemporaryFolderWhosePathIsTooLong_IsRefusedBeforeTheTextIsPrepared()
    {
        var folder = Directory.CreateDirectory(_workspace.At(new string('t', 110))).FullName;

        var run = await ShellRun.OfAsync($"TMPDIR={folder} exec \"$@\"", "train", _workspace.Job, "--isolation", "process");

        Assert.Equal((ExitStatus.BadInput, ""), (run.Status, run.Output));
        Assert.Matches(
            $"^TMPDIR is {folder}/: the workers' socket, .* bytes, and the path of a socket has at most 107. Set TMPDIR to a folder with a "
            + "shorter path, such as /tmp.$", Assert.Single(run.ErrorLines));
        Assert.False(Directory.Exists(_workspace.At("cache")));
    }
}
