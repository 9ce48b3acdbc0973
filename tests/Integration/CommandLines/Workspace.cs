namespace Distributed.Integration.Tests.CommandLines;

/// <summary>A temporary folder with a small corpus and a job that trains in about a second.</summary>
public sealed class Workspace : IDisposable
{
    private static readonly string[] Subjects = ["The river", "A small boat", "Every morning the baker", "The old library", "Her brother"];
    private static readonly string[] Verbs = ["carries", "remembers", "looks for", "has lost", "waits for"];
    private static readonly string[] Objects = ["the letters", "a quiet harbour", "warm bread", "the first snow", "an answer"];

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("distributed-cli-");

    public Workspace()
    {
        var corpus = Directory.CreateDirectory(At("corpus")).FullName;
        var random = new Random(5);
        for (var file = 0; file < 60; file++)
        {
            var sentences = Enumerable.Range(0, 40).Select(_ => $"{Pick(Subjects)} {Pick(Verbs)} {Pick(Objects)}.");
            File.WriteAllText(Path.Combine(corpus, $"{file:00}.txt"), string.Join(' ', sentences));
        }

        Job = At("job.yaml");
        File.WriteAllText(Job, $$"""
            name: small
            model:
              model_type: deepseek_v3
              hidden_size: 32
              intermediate_size: 64
              moe_intermediate_size: 16
              num_hidden_layers: 2
              first_k_dense_replace: 1
              num_nextn_predict_layers: 1
              num_attention_heads: 2
              q_lora_rank: 16
              kv_lora_rank: 16
              qk_nope_head_dim: 8
              qk_rope_head_dim: 8
              v_head_dim: 8
              n_routed_experts: 8
              num_experts_per_tok: 2
              n_group: 1
              topk_group: 1
              routed_scaling_factor: 1.0
              max_position_embeddings: 128
              initializer_range: 0.02
            data: { corpus: {{corpus}}, evaluation_fraction: 0.1, vocabulary: 300, sequence_length: 32, cache: {{At("cache")}} }
            training: { steps: 6, warmup_steps: 1, global_batch: 6, precision: fp32 }
            parallel: { workers: 3, threads_per_worker: 1 }
            checkpoint: { directory: {{At("run")}}, every: 3, keep: 5 }
            sample: { prompt: "The river", tokens: 8 }
            """);

        string Pick(string[] words) => words[random.Next(words.Length)];
    }

    public string Job { get; }

    public string Run => At("run");

    public string At(string name) => Path.Combine(_root.FullName, name);

    public void Dispose() => _root.Delete(recursive: true);
}
