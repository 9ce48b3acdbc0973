using System.Text;
using Distributed.Data.Corpora.Files;

namespace Distributed.Data.Tests.Corpora;

public sealed class Utf8LineReaderTests
{
    [Theory]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(1000)]
    public void TryRead_LongLines_ComeInPiecesOfWholeCharacters(int maximumLine)
    {
        using var folder = new TemporaryFolder();
        const string Text = "深度学习模型𝐀𝐁𝐀𝐁é\nshort\r\n\nanother line that is long\nend";
        using var reader = new Utf8LineReader(folder.Write("a.txt", Text), null, maximumLine);
        var read = new StringBuilder();
        while (reader.TryRead(out var piece))
        {
            Assert.InRange(piece.Length, 1, maximumLine);
            Assert.Equal(reader.LineEnded, piece.Span[^1] == (byte)'\n' || piece.Span.EndsWith("end"u8));
            read.Append(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(piece.Span));
        }

        Assert.Equal(Text, read.ToString());
        Assert.Equal(5, reader.LineNumber);
    }
}
