using System.CommandLine;
using System.Text.Json.Nodes;
using Distributed.Cli.Output;
using Distributed.Data.Examples.Listing;
using Distributed.Data.Tokenizers;

namespace Distributed.Cli.Commands;

/// <summary><c>data show</c>: prints the tokens of one example of a file, and which of them are learnt.</summary>
internal static class DataShowCommand
{
    public static Command Create(CommandOutput streams)
    {
        var file = new Argument<string>("file")
        {
            Description = "JSON Lines file (.jsonl, .jsonl.gz) of completions, chats, preferences or prompts."
        }.RefusingOptions();
        var tokenizer = new Option<string>("--tokenizer")
        {
            Description = "A tokenizer.json, or a folder with one.", HelpName = "path", Required = true
        }.RefusingEmpty();
        var index = new Option<int>("--index")
        {
            Description = "The example in the file, counted from 0.", HelpName = "number", DefaultValueFactory = _ => 0
        }.Within(0, int.MaxValue);
        var last = new Option<bool>("--last-turn-only") { Description = "Only the last assistant turn of a chat is learnt." };
        var json = CommonOptions.Json();
        var show = new VerbCommand("show",
            "Prints the tokens of one example, their positions, and which of them are learnt.",
            "data show chats.jsonl --tokenizer my-tokenizer --index 3", isReport: true) { file, tokenizer, index, last, json };
        show.SetAction((parsed, _) => CommandLine.GuardAsync(streams, parsed.GetValue(json), () =>
        {
            var listed = ExampleListing.Of(parsed.GetValue(file)!, parsed.GetValue(index), BpeTokenizer.Load(parsed.GetValue(tokenizer)!),
                parsed.GetValue(last));
            if (parsed.GetValue(json)) new JsonLines(streams.Output).Write("summary", Fields(listed));
            else Print(listed, streams.Output);
            return Task.FromResult(ExitStatus.Ok);
        }));
        return show;
    }

    private static void Print(ListedExample listed, TextWriter output)
    {
        output.WriteLine($"{listed.Source.Path}, line {listed.Source.Number}: {Word(listed)}");
        foreach (var (name, tokens) in listed.Sequences)
        {
            var learnt = tokens.Count(token => token.IsTarget);
            output.WriteLine($"{name}: {Format.Exact(tokens.Count, "token")}, {Format.Exact(learnt)} learnt");
            output.WriteLine("position       id  learnt  text");
            foreach (var token in tokens)
                output.WriteLine(Format.Invariant($"{token.Position,8}  {token.Id,7}  {(token.IsTarget ? "yes" : ""),-6}  {token.Text}"));
        }
    }

    private static JsonObject Fields(ListedExample listed) => new()
    {
        ["file"] = listed.Source.Path,
        ["line"] = listed.Source.Number,
        ["kind"] = Word(listed),
        ["sequences"] = new JsonArray([.. listed.Sequences.Select(sequence => new JsonObject
        {
            ["name"] = sequence.Name,
            ["tokens"] = new JsonArray([.. sequence.Tokens.Select(token => new JsonObject
            {
                ["position"] = token.Position, ["id"] = token.Id, ["learnt"] = token.IsTarget, ["text"] = token.Text
            })]),
        })]),
    };

    private static string Word(ListedExample listed) => listed.Kind.ToString().ToLowerInvariant();
}
