namespace Distributed.Integration.Tests.CommandLines;

public sealed class HelpTests
{
    [Theory]
    [InlineData("train")]
    [InlineData("generate")]
    [InlineData("eval")]
    [InlineData("tokenizer", "train")]
    [InlineData("data", "prepare")]
    [InlineData("data", "show")]
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
        Assert.Contains($"-- {string.Join(' ', verb)} ", help.Output[help.Output.IndexOf("Example:", StringComparison.Ordinal)..],
            StringComparison.Ordinal);
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

        Assert.DoesNotMatch(@"\[default: [A-Z]", help.Output); // a type or enum name
        Assert.DoesNotContain("[default: 01:00:00]", help.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Did you mean train?", "trian")]
    [InlineData("--workers many: allowed: a whole number", "train", "--workers", "many")]
    [InlineData("--temperature warm: allowed: a number.", "generate", "--checkpoint", "x", "--prompt", "x", "--temperature", "warm")]
    [InlineData("--seed -1: allowed: a whole number from 0", "simulate", "--seed", "-1")]
    [InlineData("<workers> all: allowed: a whole number", "scale", "job-1", "all")]
    [InlineData("<workers> is missing: Target number of workers.", "scale", "job-1")]
    [InlineData("--name a/b: allowed: 1 to 64 letters", "worker", "join", "--coordinator", "unix:/nowhere", "--name", "a/b")]
    [InlineData(
        "--beat-ms 0: allowed: a whole number from 10 to 600000.",
        "worker", "join", "--coordinator", "unix:/nowhere", "--beat-ms", "0")]
    [InlineData("--temperature 0,8: allowed: a number.", "generate", "--checkpoint", "x", "--prompt", "x", "--temperature", "0,8")]
    [InlineData("--temperature 1,000: allowed: a number.", "generate", "--checkpoint", "x", "--prompt", "x", "--temperature", "1,000")]
    [InlineData("--top-p NaN: allowed: a number.", "generate", "--checkpoint", "x", "--prompt", "x", "--top-p", "NaN")]
    [InlineData("--tokens  5: allowed: a whole number", "generate", "--checkpoint", "x", "--prompt", "x", "--tokens", " 5")]
    [InlineData("--seed 1e3: allowed: a whole number", "generate", "--checkpoint", "x", "--prompt", "x", "--seed", "1e3")]
    [InlineData("--workers 0: allowed: a whole number from 1", "train", "--workers", "0")]
    [InlineData("--max-sequences -1: allowed: a whole number from 0", "eval", "--checkpoint", "x", "--max-sequences", "-1")]
    [InlineData("--vocabulary 4,096: allowed: a whole number", "tokenizer", "train", "--output", "x", "--vocabulary", "4,096")]
    [InlineData("--parent 0: allowed: a whole number from 1", "worker", "join", "--coordinator", "unix:/nowhere", "--parent", "0")]
    [InlineData(
        "--patience-s 1.5: allowed: a whole number from 1 to 86400.",
        "worker", "join", "--coordinator", "unix:/nowhere", "--patience-s", "1.5")]
    [InlineData(
        "--exchange-listen ::1:6000: allowed: host or host:port, such as 10.0.0.5, localhost:5081, [::1] or [::1]:5081. "
        + "An IPv6 address is written in brackets: [::1]:6000 or [::1:6000].",
        "worker", "join", "--coordinator", "unix:/nowhere", "--exchange-listen", "::1:6000")]
    [InlineData("--coordinator https://::1:5081: allowed: ", "worker", "join", "--coordinator", "https://::1:5081")]
    [InlineData(
        "--workers ::1:15081: allowed: an address of this machine or its name, and a port, such as 10.0.0.5:5081 or [fd00::5]:5081. "
        + "An IPv6 address is written in brackets: [::1]:15081.",
        "serve", "--workers", "::1:15081")]
    [InlineData("--workers 10.0.0.5:8 1: allowed: ", "serve", "--workers", "10.0.0.5:8 1")]
    [InlineData("--listen 127.1:5080: allowed: an address and a port", "serve", "--listen", "127.1:5080")]
    [InlineData(
        "--coordinator http://127.0.0.1:5080/api: allowed: an address such as http://127.0.0.1:5080.",
        "jobs", "--coordinator", "http://127.0.0.1:5080/api")]
    [InlineData("--json=maybe: allowed: --json, or true or false after the =.", "train", "--json=maybe")]
    [InlineData("Help:", "")]
    [InlineData("There is no option --sets. Did you mean --set?", "train", "--sets", "a=b")]
    [InlineData("--prompt", "generate", "--checkpoint", "x")]
    public async Task Arguments_ThatAreInvalid_AreBadInput(string message, params string[] args)
    {
        var call = await Invocation.Of([.. args.Where(arg => arg.Length > 0)]);

        Assert.Equal(2, call.Status);
        Assert.Contains(message, call.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", call.Error, StringComparison.Ordinal);
        Assert.Empty(call.Output);
    }

    [Theory]
    [InlineData("train")]
    [InlineData("submit")]
    public async Task Help_OfSet_StatesThatTheLastOneWins(string verb) =>
        Assert.Contains("the last one wins",
            string.Join(' ', (await Invocation.Of(verb, "--help")).Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal);

    [Fact]
    public async Task Arguments_ThatAreInvalidWithJson_AreAlsoAnEvent()
    {
        var call = await Invocation.Of("train", "--json", "--sets", "a=b");

        Assert.Equal(2, call.Status);
        var error = Assert.Single(call.Events);
        Assert.Equal(("error", 2), ((string)error["event"]!, (int)error["exit"]!));
        Assert.Contains("--sets", (string)error["message"]!, StringComparison.Ordinal);
    }
}
