using System.Runtime.InteropServices;
using System.Text;
using Distributed.Cli.Output;

namespace Distributed.Integration.Tests.Output;

/// <summary>Standard streams over inherited descriptors whose disk fills up and has space again, or whose reader closes.</summary>
public sealed partial class StandardStreamTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("distributed-stream-");
    private readonly List<string> _failures = [];
    private readonly int _descriptor;
    private int _closed;

    public StandardStreamTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /dev/full");
        using var file = File.OpenHandle(Text, FileMode.Create, FileAccess.Write);
        _descriptor = dup(Number(file));
    }

    private string Text => Path.Combine(_root.FullName, "text");

    public void Dispose()
    {
        _ = close(_descriptor);
        _root.Delete(recursive: true);
    }

    [Fact]
    public void Write_ToADiskThatFillsUpAndEmpties_DropsWholeLinesAndReportsOneFailure()
    {
        using var writer = new StreamWriter(Stream(), new UTF8Encoding(false)) { AutoFlush = true };
        writer.WriteLine("first");
        writer.Write("second, ");
        using (Full()) writer.WriteLine("whose end is lost");
        using (Full()) writer.WriteLine("third");
        writer.WriteLine("fourth");
        using (Full()) writer.Write("fifth, whose beginning is lost, ");
        writer.WriteLine("and so its end");
        writer.WriteLine("sixth");

        Assert.Equal("first\nsecond, \nfourth\nsixth\n", File.ReadAllText(Text));
        Assert.Equal(["No space left on device"], _failures);
        Assert.Equal(0, _closed);
    }

    [Fact]
    public void Write_OfALineInPieces_AddsNothing()
    {
        using var writer = new StreamWriter(Stream(), new UTF8Encoding(false)) { AutoFlush = true };
        foreach (var piece in new[] { "one", " line", "", " in pieces", "\n", "and", " another\n" }) writer.Write(piece);

        Assert.Equal("one line in pieces\nand another\n", File.ReadAllText(Text));
        Assert.Empty(_failures);
    }

    [Fact]
    public void Write_ToAPipeWithoutAReader_IsDroppedAndReportedOnce()
    {
        using var pipe = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.Out, HandleInheritability.None);
        _ = dup2(Number(pipe.SafePipeHandle), _descriptor);
        pipe.ClientSafePipeHandle.Dispose();
        using var stream = Stream();

        stream.Write("a\n"u8);
        stream.Write("b\n"u8);

        Assert.Equal((1, 0), (_closed, _failures.Count));
    }

    [Fact]
    public void Write_ToADescriptorOfTheRuntime_LeavesItAlone()
    {
        using var file = File.OpenHandle(Text, FileMode.Create, FileAccess.Write); // opened with close-on-exec
        using var stream = new StandardStream(Number(file)) { Failed = _failures.Add };

        stream.Write("text\n"u8);

        Assert.Equal("", File.ReadAllText(Text));
        Assert.Equal(["Bad file descriptor"], _failures);
    }

    private static int Number(SafeHandle handle) => (int)handle.DangerousGetHandle();

    private StandardStream Stream() => new(_descriptor) { Failed = _failures.Add, Closed = () => _closed++ };

    // Redirects the descriptor to a full disk until the result is disposed.
    private Restored Full()
    {
        var kept = dup(_descriptor);
        using var full = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write);
        _ = dup2(Number(full), _descriptor);
        return new Restored(kept, _descriptor);
    }

    private sealed record Restored(int Kept, int Descriptor) : IDisposable
    {
        public void Dispose()
        {
            _ = dup2(Kept, Descriptor);
            _ = close(Kept);
        }
    }

    [LibraryImport("libc")]
    private static partial int dup(int descriptor);

    [LibraryImport("libc")]
    private static partial int dup2(int from, int to);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
