namespace Distributed.Integration.Tests.CommandLines;

public sealed class HelpTests
{
    [Theory]
    [InlineData("train")]
    [InlineData("generate")]
    [InlineData("eval")]
    [InlineData("tokenizer", "train")]
    [InlineData("data", "prepare")]
    [InlineData("inspect")]
    [InlineData("serve")]
    [InlineData("submit")]
    [InlineData("jobs")]
    [InlineData("logs")]
    [InlineData("scale")]
    [InlineData("stop")]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("simulate")]
    public async Task Help_OfAVerb_HasAnExampleAndJson(params string[] verb)
    {
        var help = await Invocation.Of([.. verb, "--help"]);

        Assert.Equal(0, help.Status);
        Assert.Contains($"-- {string.Join(' ', verb)} ", help.Output[help.Output.IndexOf("Example:", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.Contains("--json", help.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train")]
    [InlineData("chaos")]
    [InlineData("token", "create")]
    [InlineData("worker", "join")]
    [InlineData("serve")]
    public async Task Help_OfAVerb_HasNoDefaultThatAUserCouldNotType(params string[] verb)
    {
        var help = await Invocation.Of([.. verb, "--help"]);

        Assert.DoesNotMatch(@"\[default: [A-Z]", help.Output); // a name of the program's
        Assert.DoesNotContain("[default: 01:00:00]", help.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Did you mean train?", "trian")]
    [InlineData("--workers many: allowed: a whole number", "train", "--workers", "many")]
    [InlineData("--temperature warm: allowed: a number.", "generate", "--checkpoint", "x", "--prompt", "x", "--temperature", "warm")]
    [InlineData("--seed -1: allowed: a whole number from 0", "simulate", "--seed", "-1")]
    [InlineData("<workers> all: allowed: a whole number", "scale", "job-1", "all")]
    [InlineData("<workers> is missing: Workers in all.", "scale", "job-1")]
    [InlineData("--name a/b: allowed: 1 to 64 letters", "worker", "join", "--coordinator", "unix:/nowhere", "--name", "a/b")]
    [InlineData("--beat-ms 0: allowed: 10 to 600000.", "worker", "join", "--coordinator", "unix:/nowhere", "--beat-ms", "0")]
    [InlineData("Help:", "")]
    [InlineData("There is no option --sets. Did you mean --set?", "train", "--sets", "a=b")]
    [InlineData("--prompt", "generate", "--checkpoint", "x")]
    public async Task Arguments_ThatAreWrong_AreBadInput(string message, params string[] args)
    {
        var call = await Invocation.Of([.. args.Where(arg => arg.Length > 0)]);

        Assert.Equal(2, call.Status);
        Assert.Contains(message, call.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", call.Error, StringComparison.Ordinal);
        Assert.Empty(call.Output);
    }

    [Fact]
    public async Task Arguments_ThatAreWrongWithJson_AreAlsoAnEvent()
    {
        var call = await Invocation.Of("train", "--json", "--sets", "a=b");

        Assert.Equal(2, call.Status);
        var error = Assert.Single(call.Events);
        Assert.Equal(("error", 2), ((string)error["event"]!, (int)error["exit"]!));
        Assert.Contains("--sets", (string)error["message"]!, StringComparison.Ordinal);
    }
}
