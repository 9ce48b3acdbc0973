using System.Text;

namespace Distributed.Configuration.Tests;

public sealed class YamlTextTests
{
    private static readonly DocumentLimits Small = new(Bytes: 1000, Levels: 4, Nodes: 20);

    [Theory]
    [InlineData("a: [b, {c: 1.50}]", """{"a":["b",{"c":1.50}]}""")]
    [InlineData("""{"a": true, "b": null, "c": "1"}""", """{"a":true,"b":null,"c":"1"}""")]
    [InlineData(
        "a: 1e3\nb: 007\nc: 1_000\nd: True\ne: +5\nf: 0x10", """{"a":1e3,"b":"007","c":"1_000","d":"True","e":"\u002B5","f":"0x10"}""")]
    [InlineData("a: ~\nb:\nc: ''", """{"a":null,"b":null,"c":""}""")]
    public void Parse_ADocument_KeepsWordsAndDigits(string text, string json) =>
        Assert.Equal(json, YamlText.Parse(text, Small).Root!.ToJsonString());

    [Fact]
    public void Parse_AnEmptyText_IsNull() => Assert.Null(YamlText.Parse(" # nothing\n", Small).Root);

    [Fact]
    public void LineOf_AKey_IsItsLine()
    {
        var yaml = YamlText.Parse("a: 1\nb:\n  - c: 2\n", Small);

        Assert.Equal((1L, 2L, 3L, null), (yaml.LineOf("a"), yaml.LineOf("b"), yaml.LineOf("b[0].c"), yaml.LineOf("d")));
    }

    [Theory]
    [InlineData("a: [[[[[1]]]]]", 1, "more than 4 levels")]
    [InlineData("a: 1\n- b", 2, "not YAML")]
    [InlineData("a: 1\nb: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]", 2, "more than 20 values")]
    [InlineData("a: &x 1", 1, "anchors")]
    [InlineData("a: *x", 1, "aliases")]
    [InlineData("a: !!str 1", 1, "tags")]
    [InlineData("a: 1\na: 2", 2, "the key a is repeated")]
    [InlineData("a: 1\n---\nb: 2", 2, "a second document")]
    [InlineData("a: 1\n---\n", 2, "a second document")]
    [InlineData("? [a]\n: b", 1, "a key must be a word")]
    [InlineData("a: \"\\ud800\"", 1, "surrogate")]
    [InlineData("a: \"b\\0c\"", 1, "NUL")]
    public void Parse_UnsupportedOrInvalidText_NamesTheLine(string text, int line, string message)
    {
        var error = Assert.Throws<DocumentException>(() => YamlText.Parse(text, Small));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(line, error.Line);
    }

    [Fact]
    public void Parse_MoreBytesThanAllowed_IsRefused() =>
        Assert.Contains("1002 bytes; allowed: at most 1000",
            Assert.Throws<DocumentException>(() => YamlText.Parse(new string('ä', 501), Small)).Message, StringComparison.Ordinal);

    // Nested as deeply as the size allows, in every way that YAML allows: the parser needs no more stack or time.
    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    [InlineData("? ")]
    [InlineData("[{a: ")]
    [InlineData("a:\n ")]
    public void Parse_NestedAsDeepAsItsSizeAllows_IsRefusedInBoundedMemory(string opening)
    {
        var text = "x: " + string.Concat(Enumerable.Repeat(opening, DocumentLimits.Job.Bytes / opening.Length - 8));
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<DocumentException>(() => YamlText.Parse(text, DocumentLimits.Job));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 20);
    }

    [Fact]
    public void Parse_AliasesThatMultiply_AreRefusedInBoundedMemory()
    {
        var text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for (var level = 1; level < 12; level++)
            text.Append($"a{level}: &a{level} [{string.Join(", ", Enumerable.Repeat($"*a{level - 1}", 9))}]\n");
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<DocumentException>(() => YamlText.Parse(text.ToString(), DocumentLimits.Job));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    [Theory]
    [InlineData("3e-4", "3e-4")]
    [InlineData(" [0.9, 0.99] ", "[0.9,0.99]")]
    [InlineData("null", "null")]
    [InlineData("''", "\"\"")]
    [InlineData("'a # b'", "\"a # b\"")]
    public void ParseValue_AValue_IsRead(string text, string json) =>
        Assert.Equal(json, YamlText.ParseValue(text, Small).Root?.ToJsonString() ?? "null");

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("  ", "is empty")]
    [InlineData("# 5", "is empty")]
    [InlineData("a # b", "ends before \"# b\"")]
    [InlineData("[1] # b", "ends before \"# b\"")]
    [InlineData("a\n---\nb", "ends before")]
    public void ParseValue_WhatIsNotOneValue_IsRefused(string text, string message) =>
        Assert.Contains(message, Assert.Throws<DocumentException>(() => YamlText.ParseValue(text, Small)).Message,
            StringComparison.Ordinal);
}
