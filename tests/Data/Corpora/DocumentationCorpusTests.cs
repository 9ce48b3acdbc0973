using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using Distributed.Data.Corpora;
using Distributed.Data.Corpora.Documentation;

namespace Distributed.Data.Tests.Corpora;

public sealed class DocumentationCorpusTests
{
    private const string Xml = """
        <?xml version="1.0" encoding="utf-8"?>
        <doc><assembly><name>Sample</name></assembly><members>
          <member name="T:Sample.Text.Joiner`1">
            <summary>Joins values of <typeparamref name="T" /> into a <see cref="T:System.String" />,
              as <see cref="M:System.String.Join(System.String,System.Object[])" /> does.</summary>
          </member>
          <member name="M:Sample.Text.Joiner`1.#ctor(System.Char)">
            <summary>Initializes a joiner.</summary>
            <param name="separator">What stands between values.</param>
          </member>
          <member name="M:Sample.Text.Joiner`1.Join(System.Collections.Generic.List{`0})">
            <summary><para>Joins a list.</para><para>Order is kept.</para></summary>
            <param name="values">The values.</param>
            <returns>One of: <list type="bullet"><item><term>0</term><description>nothing</description></item></list></returns>
            <exception cref="T:System.ArgumentNullException"><paramref name="values" /> is <see langword="null" />.</exception>
          </member>
          <member name="M:Sample.Text.Joiner`1.Join(`0[])">
            <summary>Joins a list.</summary>
            <param name="values">The values.</param>
          </member>
          <member name="T:Sample.Text.Joiner`1.Mode"><summary>How to join &lt;it&gt;.</summary></member>
          <member name="T:System.Runtime.Intrinsics.Arm.Sve"><summary>svint8_t svadd_s8(svint8_t op1)</summary></member>
        </members></doc>
        """;

    [Fact]
    public void Read_Members_BecomePlainEnglishPerType()
    {
        using var folder = new TemporaryFolder();
        var documents = DocumentationCorpus.Open(Zip(folder, Xml)).Read().ToList();
        Assert.Equal(
            """
            Joiner
            Joins values of T into a String, as String.Join does.

            Joiner
            Initializes a joiner.
            The parameter separator: What stands between values.

            Joiner.Join
            Joins a list.
            Order is kept.
            The parameter values: The values.
            Returns: One of:
            0: nothing
            Throws ArgumentNullException: values is null.
            """,
            documents[0].Text);
        Assert.Equal("Mode\nHow to join <it>.", documents[1].Text);
        Assert.Equal(["Sample.Text", "Sample.Text"], documents.Select(document => document.Group));
    }

    [Fact]
    public void Read_DefaultCorpus_IsNineMegabytesOfProseWithoutRepeatedLines()
    {
        var corpus = CorpusLocator.Open("default");
        var documents = corpus.Read().ToList();
        var bytes = documents.Sum(document => (long)Encoding.UTF8.GetByteCount(document.Text));
        Assert.InRange(bytes, 8_000_000, 10_000_000);
        Assert.True(corpus.DuplicateLines > 50_000);
        Assert.DoesNotContain(documents, document => Regex.IsMatch(document.Text, "</?(see|para|paramref|summary)|cref=|  "));
        Assert.Equal("10700a8993c4b4d6b0f472aefa223e7e2ee55f4880533602679213be41b3255d", corpus.Fingerprint());

        var held = documents.Where(document => HoldOut.IsGroupHeldOut(document.Group!)).ToList();
        Assert.Equal(
            [
                "System.Collections.Concurrent", "System.ComponentModel.DataAnnotations", "System.Diagnostics.Tracing", "System.IO.Pipes",
                "System.Net.Http.Headers", "System.Net.WebSockets", "System.Runtime.InteropServices.Marshalling", "System.Security.Claims",
                "System.Text.Json.Nodes", "System.Threading.Channels", "System.Xml.XPath",
            ],
            held.Select(document => document.Group).Distinct().Order(StringComparer.Ordinal));
        Assert.InRange(held.Sum(document => (long)Encoding.UTF8.GetByteCount(document.Text)) / (double)bytes, 0.03, 0.06);
    }

    [Fact]
    public void Open_NoArchive_NamesTheBuildCommand() =>
        Assert.Contains("dotnet build", Assert.Throws<DataException>(() => DocumentationCorpus.Open("/nowhere/docs.zip")).Message);

    [Fact]
    public void Read_BrokenXml_NamesTheFile()
    {
        using var folder = new TemporaryFolder();
        var corpus = DocumentationCorpus.Open(Zip(folder, "<doc><members><member name='T:A.B'>"));
        Assert.Contains("Sample.xml", Assert.Throws<DataException>(() => corpus.Read().ToList()).Message);
    }

    private static string Zip(TemporaryFolder folder, string xml)
    {
        using var zip = ZipFile.Open(folder.At("docs.zip"), ZipArchiveMode.Create);
        using var writer = new StreamWriter(zip.CreateEntry("Sample.xml").Open());
        writer.Write(xml);
        return folder.At("docs.zip");
    }
}
