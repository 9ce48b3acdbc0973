using System.IO.Compression;
using System.Text;
using Distributed.Data.Corpora;
using Distributed.Data.Corpora.Files;

namespace Distributed.Data.Tests.Corpora;

public sealed class FileCorpusTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Read_Directory_TakesKnownKindsInOrdinalOrder()
    {
        _folder.Write("b.txt", "second");
        _folder.Write("a/z.md", "first");
        _folder.Write("c.jsonl", "{\"text\":\"third\"}\n\n{\"id\":1,\"text\":\"fourth\"}");
        _folder.Write("d.png", "no text");
        _folder.Write("e.TEXT", "fifth");
        Assert.Equal(["first", "second", "third", "fourth", "fifth"], Texts(_folder.Path));
    }

    [Fact]
    public void Read_LongText_ComesInPiecesThatJoinToTheFile()
    {
        var random = new Random(1);
        var text = new StringBuilder();
        while (text.Length < 300_000)
        {
            text.Append(random.Next(40) == 0 ? "\r\n\r\n" : $"Line {random.Next()} é深𝐀.\n");
        }

        var path = _folder.Write("long.txt", text.ToString());
        var pieces = Texts(path);
        Assert.True(pieces.Count > 3);
        Assert.Equal(text.ToString(), string.Concat(pieces));
        Assert.All(pieces.SkipLast(1), piece => Assert.EndsWith("\n", piece));
    }

    [Fact]
    public void Read_TextWithoutLineEnds_IsOneDocumentUpToTheLimit()
    {
        var text = string.Concat(Enumerable.Repeat("é", 200_000));
        Assert.Equal([text], Texts(_folder.Write("line.txt", text)));
    }

    [Fact]
    public void Read_ByteOrderMark_IsLeftOut()
    {
        File.WriteAllText(_folder.At("bom.txt"), "text", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        Assert.Equal(["text"], Texts(_folder.At("bom.txt")));
    }

    [Fact]
    public void Read_ReportsEveryByte()
    {
        var path = _folder.Write("a.txt", "one\ntwo\nthree");
        var corpus = CorpusLocator.Open(path);
        var read = 0L;
        Assert.Single(corpus.Read(bytes => read += bytes));
        Assert.Equal(corpus.SourceBytes, read);
    }

    [Theory]
    [InlineData(
        new byte[] { (byte)'o', (byte)'k', (byte)'\n', (byte)'c', (byte)'a', (byte)'f', 0xE9, (byte)'\n' }, "0xE9 at offset 6 (line 2)")]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'a', 0 }, "looks like UTF-16")]
    [InlineData(new byte[] { (byte)'a', 0xC3 }, "0xC3 at offset 1")]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 }, "0xED at offset 0")]
    public void Read_NotUtf8_ReportsTheOffsetAndAFix(byte[] bytes, string expected)
    {
        var path = _folder.At("bad.txt");
        File.WriteAllBytes(path, bytes);
        var error = Assert.Throws<DataException>(() => Texts(path));
        Assert.Contains(path, error.Message);
        Assert.Contains(expected, error.Message);
        Assert.Contains("iconv", error.Message);
    }

    [Theory]
    [InlineData("{\"text\":\"a\"}\n{\"content\":\"b\"}", "Line 2", "no key 'text' (its keys: 'content')")]
    [InlineData("{\"text\":5}", "Line 1", "number, not a string")]
    [InlineData("[1]", "Line 1", "array, not an object")]
    [InlineData("\n{\"text\":", "Line 2", "(column 9) is not JSON")]
    [InlineData("{\"text\":\"a\"}\n{\"text\": \"éé\", x}", "Line 2", "(column 16) is not JSON")]
    [InlineData("{\"text\":\"a\"}\n{\"text\":\"first\",\"text\":\"second\"}", "Line 2", "has the key 'text' twice")]
    [InlineData("{\"text\":\"a\",\"meta\":[{\"id\":1,\"id\":2}]}", "Line 1", "has the key 'id' twice")]
    [InlineData("{\"text\":\"\\ud800\"}", "Line 1", "a string that is not text")]
    public void Read_MalformedJsonLine_NamesLineAndReason(string content, string line, string reason)
    {
        var path = _folder.Write("bad.jsonl", content);
        var error = Assert.Throws<DataException>(() => Texts(path));
        Assert.Contains($"{line} of '{path}'", error.Message);
        Assert.Contains(reason, error.Message);
        Assert.DoesNotContain("LineNumber", error.Message);
    }

    [Fact]
    public void Read_Compressed_GivesTheTextAndReportsItsOwnBytes()
    {
        var text = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"Line {i} é.\n"));
        Compress("a.txt.gz", text[..100_000]);
        Compress("b.JSONL.GZ", "{\"text\":\"one\"}\n{\"text\":\"two\"}");
        _folder.Write("c.txt", text[100_000..]);
        var corpus = FileCorpus.Open(_folder.Path);
        var read = 0L;
        var documents = corpus.Read(bytes => read += bytes).Select(document => document.Text).ToList();
        Assert.Equal(text, string.Concat(documents.Where(document => document is not ("one" or "two"))));
        Assert.Equal((corpus.SourceBytes, 2), (read, documents.Count(document => document is "one" or "two")));
        Assert.Null(corpus.Notice);
    }

    [Fact]
    public void Read_DamagedCompression_NamesTheFile()
    {
        Compress("whole.txt.gz", string.Concat(Enumerable.Range(0, 5000)));
        var bytes = File.ReadAllBytes(_folder.At("whole.txt.gz"));
        File.WriteAllBytes(_folder.At("cut.txt.gz"), bytes[..(bytes.Length / 2)]);
        _folder.Write("plain.txt.gz", "not compressed at all");
        foreach (var name in (string[])["cut.txt.gz", "plain.txt.gz"])
        {
            Assert.Contains($"'{_folder.At(name)}' cannot be decompressed",
                Assert.Throws<DataException>(() => Texts(_folder.At(name))).Message);
        }
    }

    [Fact]
    public void Open_SkippedEntries_AreCountedAndNamed()
    {
        _folder.Write("a.jsonl", "{\"text\":\"a\"}");
        foreach (var name in (string[])["c.parquet", "d.jsonl.zst", ".e.txt", ".git/f.txt", "g.bin", "sub/h.pdf"]) _folder.Write(name, "x");
        File.CreateSymbolicLink(_folder.At("i.txt"), _folder.At("nothing"));
        var notice = FileCorpus.Open(_folder.Path).Notice;
        Assert.Contains($"'{_folder.Path}' has 8 entries, of which 1 is read and 7 skipped: .e.txt (hidden", notice);
        Assert.Contains("; .git (hidden", notice);
        Assert.Contains("; c.parquet (convert it to JSON Lines", notice);
        Assert.Contains("; d.jsonl.zst (decompress it with 'zstd -d'); g.bin (", notice);
        Assert.EndsWith("; and 2 more.", notice);
        Assert.Equal(["sub/h.pdf", "i.txt"],
            FileCorpus.Open(_folder.Path).Skipped.Select(file => file.RelativePath)
                .Except([".e.txt", ".git", "c.parquet", "d.jsonl.zst", "g.bin"]).OrderDescending());
    }

    [Fact]
    public void Open_PipeSocketAndDevice_AreSkippedUnopenedAndRefusedByName()
    {
        _folder.Write("a.txt", "text");
        SpecialFiles.Pipe(_folder.At("pipe.txt"));
        using var socket = SpecialFiles.Socket(_folder.At("socket.txt"));
        File.CreateSymbolicLink(_folder.At("zero.txt"), "/dev/zero");
        Assert.Equal(["text"], Texts(_folder.Path));
        Assert.Contains("pipe.txt (a pipe: write its text to a regular file); socket.txt (a socket: ",
            FileCorpus.Open(_folder.Path).Notice);
        foreach (var (name, kind) in new[] { ("pipe", "a pipe"), ("socket", "a socket"), ("zero", "a device") })
        {
            Assert.Contains($"{name}.txt' is {kind}",
                Assert.Throws<DataException>(() => CorpusLocator.Open(_folder.At($"{name}.txt"))).Message);
        }
    }

    [Fact]
    public void Read_CyclicLinks_ReadEachDirectoryOnce()
    {
        _folder.Write("a/one.txt", "one");
        _folder.Write("b/two.txt", "two");
        File.CreateSymbolicLink(_folder.At("loop"), ".");
        File.CreateSymbolicLink(_folder.At("a/b"), "../b");
        File.CreateSymbolicLink(_folder.At("b/a"), _folder.At("a"));
        using var elsewhere = new TemporaryFolder();
        elsewhere.Write("three.txt", "three");
        File.CreateSymbolicLink(elsewhere.At("back"), _folder.Path);
        File.CreateSymbolicLink(_folder.At("c"), elsewhere.Path);
        Assert.Equal(["one", "two", "three"], Texts(_folder.Path));
        File.CreateSymbolicLink(_folder.At("self.txt"), "self.txt");
        Assert.Contains("self.txt (a broken link", FileCorpus.Open(_folder.Path).Notice);
    }

    [Fact]
    public void Open_NothingToRead_ReportsTheReason()
    {
        Assert.Contains("does not exist", Assert.Throws<DataException>(() => CorpusLocator.Open(_folder.At("none"))).Message);
        Assert.Contains("holds no file", Assert.Throws<DataException>(() => CorpusLocator.Open(_folder.Path)).Message);
        Assert.Contains("is empty", Assert.Throws<DataException>(() => CorpusLocator.Open(_folder.Write("empty.txt", ""))).Message);
        Assert.Contains("unknown kind", Assert.Throws<DataException>(() => CorpusLocator.Open(_folder.Write("a.pdf", "x"))).Message);
    }

    [Fact]
    public void Fingerprint_ChangesWithTheContentAndNotWithThePath()
    {
        _folder.Write("one/a.txt", "text");
        _folder.Write("two/a.txt", "text");
        _folder.Write("three/a.txt", "texts");
        string Fingerprint(string name) => FileCorpus.Open(_folder.At(name)).Fingerprint();
        Assert.Equal(Fingerprint("one"), Fingerprint("two"));
        Assert.NotEqual(Fingerprint("one"), Fingerprint("three"));
    }

    public void Dispose() => _folder.Dispose();

    private void Compress(string name, string text)
    {
        using var stream = new GZipStream(File.Create(_folder.At(name)), CompressionLevel.Fastest);
        stream.Write(Encoding.UTF8.GetBytes(text));
    }

    private static List<string> Texts(string path) => CorpusLocator.Open(path).Read().Select(document => document.Text).ToList();
}
