using System.Runtime.CompilerServices;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>A folder with a network fine-tuned by the recipe sft-chat, from which the other recipes start.</summary>
public sealed class PostTrainedRuns : IAsyncLifetime
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("distributed-post-");

    /// <summary>The run of the recipe sft-chat.</summary>
    internal Invocation Sft { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Sft = await Invocation.Of(["train", .. Arguments("sft-chat"), "--json"]);

    public string At(string name) => Path.Combine(_root.FullName, name);

    /// <summary>Arguments of a recipe whose run is in this folder.</summary>
    /// <param name="recipe">Name of the recipe.</param>
    /// <param name="run">Name of the run's folder; null for the recipe's.</param>
    public string[] Arguments(string recipe, string? run = null)
    {
        var data = Path.Combine(Jobs(), "data");
        var kind = recipe is "dpo" or "reward-model" ? "pairs" : "chats";
        string[] start = recipe switch
        {
            "sft-chat" => [],
            "distill" => ["--set", $"objective.teacher={At("sft-chat")}"],
            _ => ["--set", $"checkpoint.initial={At("sft-chat")}"],
        };
        return
        [
            Path.Combine(Jobs(), $"{recipe}.yaml"), "--set", $"data.examples={Path.Combine(data, $"sums-{kind}.jsonl")}",
            "--set", $"data.evaluation={Path.Combine(data, $"sums-{kind}-held-out.jsonl")}",
            "--set", $"data.tokenizer={Path.Combine(data, "tokenizer/tokenizer.json")}", "--set", $"data.cache={At("cache")}",
            "--set", "training.precision=fp32", "--set", "parallel.threads_per_worker=1",
            "--set", $"checkpoint.directory={At(run ?? recipe)}", .. start,
        ];
    }

    public ValueTask DisposeAsync()
    {
        _root.Delete(recursive: true);
        return default;
    }

    private static string Jobs([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(here, "../../../../deploy/jobs"));
}
