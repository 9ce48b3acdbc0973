using System.Text;

namespace Distributed.Configuration.Tests;

public sealed class JsonTextTests : IDisposable
{
    private static readonly DocumentLimits Small = new(Bytes: 100, Levels: 4, Nodes: 8);

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Node_OfAText_IsItsTree() => Assert.Equal("""{"a":[1.50,null]}""", Read("\uFEFF{ \"a\": [1.50, null] }"));

    [Theory]
    [InlineData("[[[[[1]]]]]", "not JSON")]
    [InlineData("[1, 2, 3, 4, 5, 6, 7, 8]", "more than 8 values")]
    [InlineData("""{"a": 1, "a": 2}""", "not JSON")]
    [InlineData("""{"a": "\ud800"}""", "not JSON")]
    [InlineData("""{"\udc00": 1}""", "not JSON")]
    [InlineData("{", "not JSON")]
    [InlineData("", "not JSON")]
    [InlineData("[1] [2]", "not JSON")]
    [InlineData(
        "\"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\"",
        "102 bytes; allowed: at most 100")]
    public void Node_InvalidText_ReportsTheReason(string text, string message) =>
        Assert.Contains(message, Assert.Throws<DocumentException>(() => Read(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Node_BytesThatAreNotUtf8_AreRefused() =>
        Assert.Contains("UTF-8",
            Assert.Throws<DocumentException>(() => JsonText.Node(Encoding.Latin1.GetBytes("\"caf\u00e9\""), Small)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Document_NestedAsDeepAsItsSizeAllows_IsRefused()
    {
        var bytes = new byte[32 << 20];
        bytes.AsSpan().Fill((byte)'[');

        Assert.Throws<DocumentException>(() => JsonText.Document(bytes, DocumentLimits.Tokenizer));
    }

    [Fact]
    public void Load_AFileLargerThanAllowed_IsNotReadWhole()
    {
        File.WriteAllBytes(_file, new byte[101]);

        Assert.Contains("more than 100 bytes", Assert.Throws<DocumentException>(() => JsonText.Load(_file, Small)).Message,
            StringComparison.Ordinal);
        var endless = Assert.Throws<IOException>(() => JsonText.Load("/dev/zero", Small));
        Assert.Contains("'/dev/zero' is a device", endless.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_OfAFileThatIsNotUtf8_IsRefused()
    {
        File.WriteAllBytes(_file, Encoding.Latin1.GetBytes("caf\u00e9"));

        Assert.Contains("UTF-8", Assert.Throws<DocumentException>(() => DocumentFile.Text(_file, 100)).Message, StringComparison.Ordinal);
    }

    private static string Read(string text) => JsonText.Node(Encoding.UTF8.GetBytes(text), Small)!.ToJsonString();
}
