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
        File.WriteAllText(_folder.File("bom.txt"), "text", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        Assert.Equal(["text"], Texts(_folder.File("bom.txt")));
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
    [InlineData(new byte[] { (byte)'o', (byte)'k', (byte)'\n', (byte)'c', (byte)'a', (byte)'f', 0xE9, (byte)'\n' }, "0xE9 at offset 6 (line 2)")]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'a', 0 }, "looks like UTF-16")]
    [InlineData(new byte[] { (byte)'a', 0xC3 }, "0xC3 at offset 1")]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 }, "0xED at offset 0")]
    public void Read_NotUtf8_SaysWhereAndHowToMend(byte[] bytes, string expected)
    {
        var path = _folder.File("bad.txt");
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
    [InlineData("\n{\"text\":", "Line 2", "not JSON")]
    public void Read_MalformedJsonLine_NamesLineAndReason(string content, string line, string reason)
    {
        var path = _folder.Write("bad.jsonl", content);
        var error = Assert.Throws<DataException>(() => Texts(path));
        Assert.Contains($"{line} of '{path}'", error.Message);
        Assert.Contains(reason, error.Message);
    }

    [Fact]
    public void Open_NothingToRead_SaysWhy()
    {
        Assert.Contains("does not exist", Assert.Throws<DataException>(() => CorpusLocator.Open(_folder.File("none"))).Message);
        Assert.Contains("holds no file", Assert.Throws<DataException>(() => CorpusLocator.Open(_folder.Path)).Message);
        Assert.Contains("is empty", Assert.Throws<DataException>(() => CorpusLocator.Open(_folder.Write("empty.txt", ""))).Message);
        Assert.Contains("unknown kind", Assert.Throws<DataException>(() => CorpusLocator.Open(_folder.Write("a.pdf", "x"))).Message);
    }

    [Fact]
    public void Fingerprint_ChangesWithTheContentAndNotWithThePlace()
    {
        _folder.Write("one/a.txt", "text");
        _folder.Write("two/a.txt", "text");
        _folder.Write("three/a.txt", "texts");
        string Fingerprint(string name) => FileCorpus.Open(_folder.File(name)).Fingerprint();
        Assert.Equal(Fingerprint("one"), Fingerprint("two"));
        Assert.NotEqual(Fingerprint("one"), Fingerprint("three"));
    }

    public void Dispose() => _folder.Dispose();

    private static List<string> Texts(string path) => CorpusLocator.Open(path).Read().Select(document => document.Text).ToList();
}
