namespace Distributed.Data.Corpora.Documentation;
internal static class DocumentationCorpus { public static ICorpus OpenDefault() => throw new NotSupportedException(); }
