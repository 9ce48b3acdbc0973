using System.Runtime.CompilerServices;

namespace Distributed.Integration.Tests.Layout;

/// <summary>The repository's source files and pages, as the tests of names, dependencies and language read them.</summary>
internal static class SourceFiles
{
    private static readonly string[] Folders = [".ci", "coordinator", "deploy", "protos", "shared", "tests", "worker"];

    /// <summary>Root of the repository.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>
    /// Paths, relative to the root, of all files with one of the given extensions, without build output and golden values.
    /// </summary>
    /// <param name="extensions">Extensions with their dot; an empty string stands for files without one.</param>
    public static IEnumerable<string> With(params string[] extensions) =>
        Directory.EnumerateFiles(Root)
            .Concat(Folders.SelectMany(folder => Walk(Path.Combine(Root, folder))))
            .Where(file => extensions.Contains(Path.GetExtension(file)))
            .Select(file => Path.GetRelativePath(Root, file))
            .Order(StringComparer.Ordinal);

    /// <summary>Lines of a file, numbered from 1.</summary>
    /// <param name="file">Path relative to the root.</param>
    public static IEnumerable<(int Number, string Text)> Lines(string file) =>
        File.ReadLines(Path.Combine(Root, file)).Select((line, index) => (index + 1, line));

    private static IEnumerable<string> Walk(string folder) =>
        !Directory.Exists(folder)
            ? []
            : Directory.EnumerateFiles(folder).Concat(Directory.EnumerateDirectories(folder)
                .Where(inner => Path.GetFileName(inner) is not ("bin" or "obj" or "golden" or "Corpus" or "TestResults"))
                .SelectMany(Walk));

    private static string FindRoot([CallerFilePath] string path = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", ".."));
}
