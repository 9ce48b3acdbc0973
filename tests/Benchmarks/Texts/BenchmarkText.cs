using System.Text;
using Distributed.Data.Corpora;

namespace Distributed.Benchmarks.Texts;

/// <summary>The text of the benchmarks: documents of the default corpus, up to a number of megabytes.</summary>
internal static class BenchmarkText
{
    public static (IReadOnlyList<string> Documents, double Megabytes) Take(double megabytes)
    {
        var documents = new List<string>();
        var bytes = 0L;
        foreach (var document in CorpusLocator.Open(CorpusLocator.DefaultName).Read(null, CancellationToken.None))
        {
            documents.Add(document.Text);
            bytes += Encoding.UTF8.GetByteCount(document.Text);
            if (bytes >= megabytes * 1e6) break;
        }

        return (documents, bytes / 1e6);
    }
}
