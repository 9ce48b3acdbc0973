using System.CommandLine;
using System.Text.Json.Nodes;
using Distributed.Cli.Models;
using Distributed.Cli.Output;
using Distributed.Coordinator.Jobs;
using Distributed.Data.Corpora;
using Distributed.Data.Examples.Templates;
using Distributed.Data.Preparation;
using Distributed.Data.Tokenizers;
using Distributed.Data.Tokenizers.Training;

namespace Distributed.Cli.Commands;

/// <summary><c>tokenizer train</c>: trains a byte-level BPE tokenizer and saves it as a Hugging Face <c>tokenizer.json</c>.</summary>
internal static class TokenizerCommand
{
    public static Command Create(CommandOutput streams)
    {
        var corpus = new Option<string[]>("--corpus")
        {
            Description = "File or folder of text, or the word default for the .NET API documentation. Can be repeated.", HelpName = "path",
            DefaultValueFactory = _ => [CorpusLocator.DefaultName]
        };
        var vocabulary = new Option<int>("--vocabulary")
        {
            Description = "Number of tokens: 256 bytes, the end-of-text token, and merges.", HelpName = "number",
            DefaultValueFactory = _ => 4096
        }.Within(int.MinValue, int.MaxValue);
        var roles = new Option<bool>("--roles")
        {
            Description = "Adds the special tokens of chats, for a model that is later trained on chats: "
                + $"{string.Join(' ', RoleTokens.SpecialTokens.Skip(1))}."
        };
        var output = new Option<string>("--output")
        {
            Description = "Folder for tokenizer.json and tokenizer_config.json.", HelpName = "folder", Required = true
        }.RefusingEmpty();
        var json = CommonOptions.Json();
        var train = new VerbCommand("train",
            "Trains a byte-level BPE tokenizer.",
            "tokenizer train --corpus my-texts --vocabulary 8192 --output my-tokenizer") { corpus, vocabulary, roles, output, json };
        train.SetAction((parsed, cancellation) => CommandLine.GuardAsync(streams, parsed.GetValue(json), () => Task.FromResult(
            Train(streams, parsed.GetValue(corpus)!, Options(parsed.GetValue(vocabulary), parsed.GetValue(roles)),
                parsed.GetValue(output)!, parsed.GetValue(json), cancellation))));
        return new Command("tokenizer", "Trains tokenizers.") { train };
    }

    private static BpeTrainingOptions Options(int vocabulary, bool hasRoles) => hasRoles
        ? new() { VocabularySize = vocabulary, SpecialTokens = RoleTokens.SpecialTokens }
        : new() { VocabularySize = vocabulary };

    // Replaces the property name by the name of the option.
    private static string InOptions(string problem) =>
        problem.Replace($"{nameof(BpeTrainingOptions.VocabularySize)} is", "--vocabulary", StringComparison.Ordinal);

    private static int Train(CommandOutput streams, string[] corpus, BpeTrainingOptions options, string output, bool json,
        CancellationToken cancellation)
    {
        if (options.Validate() is { Count: > 0 } problems) throw new UserErrorException(string.Join('\n', problems.Select(InOptions)));
        TokenizerFolder.Make(output, "--output"); // fails before the training if the folder cannot be written
        using var signals = Interrupts.Linked(streams.Stop.Token);
        var corpora = corpus.Select(CorpusLocator.Open).ToArray();
        var text = corpora.SelectMany(each => each.Read(null, signals.Token)).Select(document => document.Text);
        var result = BpeTrainer.Train(text, options, null, signals.Token);
        TokenizerFolder.SaveTo(result.Tokenizer, output, "--output");
        foreach (var notice in corpora.Select(each => each.Notice).OfType<string>()) Warnings.Write(streams, json, ["--corpus"], notice);
        if (PreparationNotices.SmallerVocabulary(result.Tokenizer.VocabularySize, options.VocabularySize) is { } smaller)
            Warnings.Write(streams, json, ["--vocabulary"], smaller);
        if (json)
        {
            new JsonLines(streams.Output).Write("summary", new JsonObject
            {
                ["tokenizer"] = Path.Combine(output, BpeTokenizer.FileName),
                ["vocabulary"] = result.Tokenizer.VocabularySize,
                ["documents"] = result.Documents,
                ["bytes"] = result.Bytes,
                ["seconds"] = (result.CountingTime + result.MergingTime).TotalSeconds,
            });
            return ExitStatus.Ok;
        }

        streams.Output.WriteLine(
            $"{Format.Exact(result.Tokenizer.VocabularySize, "token")} from {Format.Exact(result.Documents, "document")} "
                + $"({Amount.Bytes(result.Bytes)}) in "
            + $"{Amount.Duration((result.CountingTime + result.MergingTime).TotalSeconds)}: {Path.Combine(output, BpeTokenizer.FileName)}");
        return ExitStatus.Ok;
    }
}
