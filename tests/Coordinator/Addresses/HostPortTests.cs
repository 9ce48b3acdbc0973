using System.Net;
using Distributed.Protocol.Addresses;

namespace Distributed.Coordinator.Tests.Addresses;

public sealed class HostPortTests
{
    [Theory]
    [InlineData("localhost", "localhost", false, null)]
    [InlineData("a-1.example:5081", "a-1.example", false, 5081)]
    [InlineData("10.0.0.5", "10.0.0.5", true, null)]
    [InlineData("10.0.0.5:0", "10.0.0.5", true, 0)]
    [InlineData("[::1]", "::1", true, null)]
    [InlineData("[::1]:6000", "::1", true, 6000)]
    [InlineData("[fd00::0005]:65535", "fd00::5", true, 65535)]
    [InlineData("[::ffff:127.0.0.1]:5080", "127.0.0.1", true, 5080)]
    [InlineData("[::ffff:7f00:1]:5080", "127.0.0.1", true, 5080)]
    public void TryParse_AnAddress_IsItsHostAndPort(string text, string host, bool isAddress, int? port)
    {
        var parsed = HostPort.TryParse(text)!;

        Assert.Equal((host, isAddress, port), (parsed.Host, parsed.Address is not null, parsed.Port));
        Assert.Equal(parsed, HostPort.TryParse(parsed.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData(":5081")]
    [InlineData("::1")]
    [InlineData("::1:15081")]
    [InlineData("fd00::5:80")]
    [InlineData("[::1")]
    [InlineData("::1]:80")]
    [InlineData("[::1]80")]
    [InlineData("[::1]]:80")]
    [InlineData("[[::1]]:80")]
    [InlineData("[10.0.0.5]:80")]
    [InlineData("[localhost]:80")]
    [InlineData("[::1%lo]:80")]
    [InlineData("[::ffff:010.0.0.1]:80")]
    [InlineData("10.0.0.5:")]
    [InlineData("10.0.0.5:+80")]
    [InlineData("10.0.0.5: 80")]
    [InlineData("10.0.0.5:65536")]
    [InlineData("10.0.0.5:8,0")]
    [InlineData("10.0.0:80")]
    [InlineData("127.1:80")]
    [InlineData("0x7f.0.0.1:80")]
    [InlineData("127.0.0.0x1:80")]
    [InlineData("010.0.0.1:80")]
    [InlineData("10.0.0.256:80")]
    [InlineData("10.0.0.5.6:80")]
    [InlineData("2130706433:80")]
    [InlineData(" localhost:80")]
    [InlineData("localhost :80")]
    [InlineData("a:b:80")]
    [InlineData("user@host:80")]
    [InlineData("host/path:80")]
    [InlineData("http://host:80")]
    public void TryParse_AnAmbiguousText_IsNull(string text) => Assert.Null(HostPort.TryParse(text));

    [Theory]
    [InlineData("::1:15081", "[::1]:15081.")]
    [InlineData("::1:6000", "[::1]:6000 or [::1:6000].")] // both readings are possible
    [InlineData("fd00::1ffff", "")]
    [InlineData("localhost", "")]
    public void Suggestion_OfABareVersion6Address_IsTheFormToWrite(string text, string form) =>
        Assert.True(
            form.Length == 0 ? HostPort.Suggestion(text).Length == 0 : HostPort.Suggestion(text).Contains(form, StringComparison.Ordinal));

    [Theory]
    [InlineData("http://127.0.0.1:5080", "http://127.0.0.1:5080/")]
    [InlineData("HTTPS://[::1]:5080/", "https://[::1]:5080/")]
    [InlineData("http://[::ffff:127.0.0.1]:5080", "http://127.0.0.1:5080/")]
    [InlineData("https://coordinator.example", "https://coordinator.example/")]
    public void WebAddress_OfASchemeAndAHost_IsParsed(string text, string address) =>
        Assert.Equal(address, WebAddress.TryParse(text)!.ToString());

    [Theory]
    [InlineData("127.0.0.1:5080")]
    [InlineData("ftp://127.0.0.1:5080")]
    [InlineData("http://")]
    [InlineData("http:///")]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("http://127.1:5080")]
    [InlineData("http://::1:5080")]
    [InlineData("http://a:5080/api")]
    [InlineData("http://a:5080?x")]
    [InlineData("http://a:5080#x")]
    [InlineData("http://user@a:5080")]
    [InlineData("http:\\\\a:5080")]
    [InlineData(" http://a:5080")]
    public void WebAddress_OfAnotherForm_IsNull(string text) => Assert.Null(WebAddress.TryParse(text));

    [Fact]
    public void TryParse_AMappedLoopbackAddress_IsLoopback() =>
        Assert.True(IPAddress.IsLoopback(HostPort.TryParse("[::ffff:127.0.0.2]:80")!.Address!));
}
