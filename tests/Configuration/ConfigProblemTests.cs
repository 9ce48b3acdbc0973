namespace Distributed.Configuration.Tests;

public sealed class ConfigProblemTests
{
    private const string Allowed = "allowed: a, b";

    public static TheoryData<string, ConfigProblem> Problems => new()
    {
        { "data.x = 1: allowed: a, b", new("data.x", "1", Allowed) },
        { "data.x: allowed: a, b", new("data.x", null, Allowed) },
        { "data.x = 1: no such key; did you mean data.y?", new("data.x", "1", "no such key", "data.y") },
        { "--set data.x = 1: allowed: a, b", new("data.x", "1", Allowed) { Option = "--set" } },
        { "--set x: allowed: a, b", new("--set", "x", Allowed) },
        { "fault 1, line 2: x: allowed: a, b", new("fault 1, line 2", "x", Allowed) { Separator = ConfigProblem.AtPosition } },
        { "after = x: is not allowed; a number", new("after", "x", "is not allowed") { Fix = "a number" } },
    };

    [Theory]
    [MemberData(nameof(Problems))]
    public void ToString_OfAProblem_NamesKeyValueReasonAndFix(string text, ConfigProblem problem) =>
        Assert.Equal(text, problem.ToString());

    [Fact]
    public void Exception_ManyProblems_ListsTheFirstAndCountsTheOthers()
    {
        var error = new ConfigException("job.yaml", [.. Enumerable.Repeat(new ConfigProblem("x", "1", Allowed), 60)]);

        Assert.StartsWith("job.yaml: 60 mistakes\n  x = 1: allowed: a, b\n", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("\n  and 10 more", error.Message, StringComparison.Ordinal);
        Assert.Equal(60, error.Problems.Count);
    }
}
