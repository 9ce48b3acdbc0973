namespace Distributed.Training.Tests.Jobs;

/// <summary>A small valid job that tests change by overrides.</summary>
internal static class JobText
{
    public const string Small = """
        name: small
        model:
          model_type: deepseek_v3
          hidden_size: 32
          intermediate_size: 64
          moe_intermediate_size: 16
          num_hidden_layers: 2
          first_k_dense_replace: 1
          num_attention_heads: 2
          q_lora_rank: null
          kv_lora_rank: 16
          qk_nope_head_dim: 8
          qk_rope_head_dim: 8
          v_head_dim: 8
          n_routed_experts: 8
          num_experts_per_tok: 2
          n_group: 1
          topk_group: 1
        data:
          vocabulary: 512
          sequence_length: 64
        training:
          steps: 10
          warmup_steps: 2
          global_batch: 12
        parallel:
          workers: 4
        """;

    public static int LineOf(string key) =>
        Small.Split('\n').Index().First(line => line.Item.TrimStart().StartsWith(key + ":", StringComparison.Ordinal)).Index + 1;
}
