using System.CommandLine;
using System.Text.Json.Nodes;
using Distributed.Cli.Models;
using Distributed.Cli.Output;
using Distributed.Rollouts.Sampling;

namespace Distributed.Cli.Commands;

/// <summary><c>generate</c>: generates text from a checkpoint.</summary>
internal static class GenerateCommand
{
    public static Command Create(CommandOutput streams)
    {
        var checkpoint = CommonOptions.Checkpoint();
        var prompt = new Option<string>("--prompt")
        {
            Description = "Text to continue; empty starts a new document.", HelpName = "text", Required = true
        };
        var chat = new Option<bool>("--chat") { Description = "The prompt is a user's message, which the network answers." };
        var tokens = new Option<int>("--tokens")
        {
            Description = "Maximum number of tokens to generate.", HelpName = "number", DefaultValueFactory = _ => 64
        }.Within(int.MinValue, int.MaxValue);
        var temperature = new Option<double>("--temperature")
        {
            Description = "Divides the logits. 0 always selects the most likely token.", HelpName = "number", DefaultValueFactory = _ => 0.8
        }.Within(double.MinValue, double.MaxValue);
        var topP = new Option<double>("--top-p")
        {
            Description = "Samples from the most likely tokens that together have this probability.", HelpName = "number",
            DefaultValueFactory = _ => 0.95
        }.Within(double.MinValue, double.MaxValue);
        var seed = new Option<long>("--seed")
        {
            Description = "Seed for sampling. The same seed gives the same text.", HelpName = "number", DefaultValueFactory = _ => 0
        }.Within(long.MinValue, long.MaxValue);
        var json = CommonOptions.Json();
        var command = new VerbCommand("generate",
            "Generates text from a checkpoint.",
            "generate --checkpoint runs/tiny --prompt 'Returns the number of' --tokens 100", isReport: true)
            { checkpoint, prompt, chat, tokens, temperature, topP, seed, json };
        command.SetAction(parsed => CommandLine.GuardAsync(streams, parsed.GetValue(json), () =>
        {
            var options = new SamplingOptions
            {
                MaxTokens = parsed.GetValue(tokens), Temperature = parsed.GetValue(temperature), TopP = parsed.GetValue(topP),
                Seed = parsed.GetValue(seed)
            };
            if (options.Validate().ToArray() is { Length: > 0 } problems)
                throw new UserErrorException(string.Join('\n', problems.Select(InOptions)));
            if (options.Temperature == 0)
                foreach (var option in new Option[] { topP, seed }.Where(option => parsed.GetResult(option) is { Implicit: false }))
                    Warnings.Write(streams, parsed.GetValue(json), [option.Name],
                        "has no effect: --temperature 0 always selects the most likely token");
            return Task.FromResult(
                Generate(streams, parsed.GetValue(checkpoint)!, parsed.GetValue(prompt)!, parsed.GetValue(chat), options,
                    parsed.GetValue(json)));
        }));
        return command;
    }

    // Replaces property names by the names of the options.
    private static string InOptions(string problem) => problem
        .Replace($"{nameof(SamplingOptions.MaxTokens)} is", "--tokens is", StringComparison.Ordinal)
        .Replace($"{nameof(SamplingOptions.Temperature)} is", "--temperature is", StringComparison.Ordinal)
        .Replace($"{nameof(SamplingOptions.TopP)} is", "--top-p is", StringComparison.Ordinal);

    private static int Generate(CommandOutput streams, string checkpoint, string prompt, bool isChat, SamplingOptions options, bool json)
    {
        using var model = CheckpointModel.Load(streams, checkpoint);
        var generated = model.Generate(prompt, isChat, options);
        if (json)
        {
            new JsonLines(streams.Output).Write("summary", new JsonObject
            {
                ["checkpoint"] = model.Folder, ["prompt"] = prompt, ["text"] = generated.Text,
                ["prompt_tokens"] = generated.PromptTokens, ["tokens"] = generated.Tokens, ["context"] = generated.Context,
                ["stop"] = generated.StopWord,
            });
        }
        else
        {
            streams.Output.WriteLine(isChat ? generated.Text : prompt + generated.Text);
        }

        if (generated.Remark is { } remark) streams.Error.WriteLine(remark);
        return ExitStatus.Ok;
    }
}
