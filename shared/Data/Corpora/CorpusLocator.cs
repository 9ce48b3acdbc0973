using Distributed.Data.Corpora.Documentation;
using Distributed.Data.Corpora.Files;

namespace Distributed.Data.Corpora;

/// <summary>Opens corpora by the names that a user writes.</summary>
public static class CorpusLocator
{
    /// <summary>The name of the corpus that comes with the build.</summary>
    public const string DefaultName = "default";

    /// <summary>
    /// Opens a corpus. "default" is the documentation of the .NET API; every other name is the path of a text file (.txt, .md, .text), of a
    /// JSON Lines file (.jsonl), of either compressed (.gz), or of a directory of such files.
    /// </summary>
    /// <exception cref="DataException">The path does not exist, or holds no file of a known kind.</exception>
    public static ICorpus Open(string name) =>
        name == DefaultName ? DocumentationCorpus.OpenDefault() : FileCorpus.Open(name);
}
