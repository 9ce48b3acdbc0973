using Distributed.Data.Corpora.Documentation;
using Distributed.Data.Corpora.Files;

namespace Distributed.Data.Corpora;

/// <summary>From the names a user writes to corpora.</summary>
public static class CorpusLocator
{
    /// <summary>The name of the corpus that comes with the build.</summary>
    public const string DefaultName = "default";

    /// <summary>
    /// "default" is the documentation of the .NET API; anything else is a path of a text file (.txt, .md, .text),
    /// a JSON Lines file (.jsonl), each also compressed (.gz), or a directory of them.
    /// </summary>
    /// <exception cref="DataException">The path does not exist, or holds no file of a known kind.</exception>
    public static ICorpus Open(string name) =>
        name == DefaultName ? DocumentationCorpus.OpenDefault() : FileCorpus.Open(name);
}
