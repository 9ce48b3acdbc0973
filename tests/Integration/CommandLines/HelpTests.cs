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
    [InlineData("Did you mean train?", "trian")]
    [InlineData("Help:", "")]
    [InlineData("There is no option --sets. Did you mean --set?", "train", "--sets", "a=b")]
    [InlineData("--prompt", "generate", "--checkpoint", "x")]
    public async Task Arguments_ThatAreWrong_AreBadInput(string message, params string[] args)
    {
        var call = await Invocation.Of([.. args.Where(arg => arg.Length > 0)]);

        Assert.Equal(2, call.Status);
        Assert.Contains(message, call.Error, StringComparison.Ordinal);
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
