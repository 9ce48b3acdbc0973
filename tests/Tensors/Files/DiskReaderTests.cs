using System.Diagnostics;
using Distributed.Tensors.Files;

namespace Distributed.Tensors.Tests.Files;

public sealed class DiskReaderTests
{
    [Fact]
    public void DiskReader_OfAPipe_IsRefusedAtOnce()
    {
        var folder = Directory.CreateTempSubdirectory("distributed-reader-");
        try
        {
            var pipe = Path.Combine(folder.FullName, "pipe");
            using (var mkfifo = Process.Start("mkfifo", [pipe])) mkfifo.WaitForExit();
            Assert.Contains($"'{pipe}' is a pipe", Assert.Throws<IOException>(() => new DiskReader(pipe)).Message,
                StringComparison.Ordinal);
            Assert.Throws<FileNotFoundException>(() => new DiskReader(Path.Combine(folder.FullName, "none")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
