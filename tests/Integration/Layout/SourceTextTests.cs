using System.Text.RegularExpressions;

namespace Distributed.Integration.Tests.Layout;

/// <summary>Comments, messages and pages are in plain technical English, and lines fit into 140 columns.</summary>
public sealed partial class SourceTextTests
{
    private const int Columns = 140;

    private static readonly string[] Code = [".cs", ".proto", ".c", ".yaml"];
    private static readonly string[] Texts = [.. Code, ".md", ".sh", ".props", ".targets", ".csproj", ""];

    private static readonly (Regex Expression, string Instead)[] Refused =
    [
        .. Table.Read("RefusedExpressions.txt", "=>", 2).Select(row => (new Regex($@"\b{row[0]}\b", RegexOptions.IgnoreCase), row[1])),
    ];

    [Fact]
    public void Texts_ContainNoRefusedExpression() => AssertNone(Offences(Texts, RefusedExpression));

    [Fact]
    public void Lines_FitInto140Columns() => AssertNone(Offences(Code, TooLong));

    [Fact]
    public void Parameters_AreDescribedByMoreThanAPronoun() => AssertNone(Offences([".cs"], PronounAsDescription));

    [Fact]
    public void Exceptions_AreAllNeeded()
    {
        var offences = Offences(Texts, line => RefusedExpression(line) ?? TooLong(line), exceptions: []);

        var unneeded = SourceException.All.Where(exception => !offences.Exists(offence => exception.Covers(offence.File, offence.Line)));

        AssertNone([.. unneeded.Select(exception => new Offence(exception.File, 0, exception.Text, "this exception is not needed"))]);
    }

    [Theory]
    [InlineData("/// The job goes on from step 3.", "goes on from")]
    [InlineData("throw new IOException(\"Nobody answers.\");", "Nobody")]
    [InlineData("// who are told of it", "are told")]
    public void RefusedExpression_InALine_IsNamed(string line, string expression) =>
        Assert.StartsWith($"'{expression}'", RefusedExpression(line), StringComparison.Ordinal);

    [Theory]
    [InlineData("var mendelian = 1;")]
    [InlineData("// The worker is notified.")]
    public void RefusedExpression_InAnOrdinaryLine_IsNotFound(string line) => Assert.Null(RefusedExpression(line));

    [Theory]
    [InlineData("    /// <param name=\"entries\">They.</param>", true)]
    [InlineData("    /// <param name=\"options\">What it is</param>", true)]
    [InlineData("    /// <param name=\"entries\">Entries of the manifest.</param>", false)]
    public void PronounAsDescription_OfAParameter_IsFound(string line, bool isFound) =>
        Assert.Equal(isFound, PronounAsDescription(line) is not null);

    [Theory]
    [InlineData(140, false)]
    [InlineData(141, true)]
    public void TooLong_IsMoreThan140Columns(int columns, bool isTooLong) =>
        Assert.Equal(isTooLong, TooLong(new string('x', columns)) is not null);

    private static string? RefusedExpression(string line)
    {
        foreach (var (expression, instead) in Refused)
        {
            if (expression.Match(line) is { Success: true } match) return $"'{match.Value}': write {instead}";
        }
        return null;
    }

    private static string? TooLong(string line) => line.Length > Columns ? $"{line.Length} columns: at most {Columns}" : null;

    private static string? PronounAsDescription(string line) =>
        Parameter().Match(line) is { Success: true } match && match.Groups["text"].Value.Split(' ').All(IsPronoun)
            ? $"'{match.Groups["text"].Value}': say what {match.Groups["name"].Value} means"
            : null;

    private static bool IsPronoun(string word) => word.TrimEnd('.', ',').ToLowerInvariant()
        is "he" or "her" or "him" or "his" or "is" or "it" or "its" or "one" or "ones" or "that" or "their" or "them" or "these" or "they"
        or "this" or "those" or "what" or "which" or "who" or "are";

    private static List<Offence> Offences(
        string[] extensions, Func<string, string?> rule, IReadOnlyList<SourceException>? exceptions = null) =>
    [
        .. SourceFiles.With(extensions).SelectMany(file => SourceFiles.Lines(file)
            .Where(line => !(exceptions ?? SourceException.All).Any(exception => exception.Covers(file, line.Text)))
            .Select(line => new Offence(file, line.Number, line.Text, rule(line.Text) ?? ""))
            .Where(offence => offence.Problem.Length > 0)),
    ];

    private static void AssertNone(List<Offence> offences) => Assert.True(offences.Count == 0,
        $"{offences.Count} lines; deliberate exceptions belong into SourceExceptions.txt.\n{string.Join('\n', offences.Take(100))}");

    [GeneratedRegex("""<param name="(?<name>\w+)">(?<text>[^<]*)</param>""")]
    private static partial Regex Parameter();

    private sealed record Offence(string File, int Number, string Line, string Problem)
    {
        public override string ToString() => $"{File}:{Number}: {Problem}";
    }
}
