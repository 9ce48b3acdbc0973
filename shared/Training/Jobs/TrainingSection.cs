using System.Text.Json.Nodes;
using Distributed.Configuration;
using Distributed.Configuration.Keys;
using Distributed.Models.Layers;
using Distributed.Planning;

namespace Distributed.Training.Jobs;

/// <summary>Section <c>training</c> of a job: the training step, the optimizer and the schedule.</summary>
public sealed record TrainingSection
{
    private static readonly WordMap<OptimizerKind> Optimizers = new(("adamw", OptimizerKind.AdamW), ("muon", OptimizerKind.Muon));
    private static readonly WordMap<Precision> PrecisionWords = new(
        [.. Enum.GetValues<Precision>().Select(precision => (precision.Name(), precision))]);
    private static readonly WordMap<ScheduleKind> Schedules = new(
        ("cosine", ScheduleKind.Cosine), ("multistep", ScheduleKind.MultiStep), ("deepseek_v3", ScheduleKind.DeepSeekV3),
        ("constant", ScheduleKind.Constant));

    /// <summary>Optimizer steps of the whole run.</summary>
    public int Steps { get; init; } = 300;

    /// <summary>Sequences of one step, over all workers and micro-batches.</summary>
    public int GlobalBatch { get; init; } = 16;

    /// <summary>Micro-batches of one step; their gradients are summed.</summary>
    public int Accumulation { get; init; } = 1;

    /// <summary>Whether two micro-batches are in flight at a time: one computes while the tokens of the other are exchanged.</summary>
    public bool Overlap { get; init; }

    /// <summary>Activations that are recomputed in backward instead of kept: <c>none</c>, <c>layers</c>, or a list of results.</summary>
    public Recomputation Recompute { get; init; }

    /// <summary>Precision of forward and backward; <c>auto</c>: <c>bf16</c> if it is at least 1.2 times as fast on every worker.</summary>
    public Precision Precision { get; init; }

    /// <summary>Optimizer of the matrices. Vectors, the embedding and the output head always use AdamW.</summary>
    public OptimizerKind Optimizer { get; init; }

    /// <summary>Peak learning rate of AdamW.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Peak learning rate of Muon.</summary>
    public double MuonLearningRate { get; init; } = 0.02;

    /// <summary>Decay of AdamW's first moment, in [0, 1).</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of AdamW's second moment, in [0, 1).</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Added to the root of AdamW's second moment.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay of matrices.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Largest global gradient norm; 0 disables clipping.</summary>
    public double Clip { get; init; } = 1;

    /// <summary>Learning rate schedule after the warm-up.</summary>
    public ScheduleKind Schedule { get; init; }

    /// <summary>Steps of the linear warm-up from 0; 0 for no warm-up.</summary>
    public int WarmupSteps { get; init; } = 20;

    /// <summary>Final learning rate as a part of the peak. Used by the cosine schedule.</summary>
    public double MinRatio { get; init; } = 0.1;

    /// <summary>Factor alpha of the sequence-wise balance loss (DeepSeek-V3, eq. 17).</summary>
    public double BalanceLoss { get; init; } = 1e-4;

    /// <summary>Factor of the routers' z-loss (Zoph et al. 2022, eq. 5).</summary>
    public double ZLoss { get; init; }

    /// <summary>Change gamma of a router bias per optimizer step (DeepSeek-V3, section 2.1.2); 0 keeps the biases constant.</summary>
    public double BiasUpdateSpeed { get; init; } = 1e-3;

    /// <summary>Factor lambda of the multi-token prediction losses (DeepSeek-V3, eq. 25).</summary>
    public double MtpLossWeight { get; init; } = 0.3;

    /// <summary>The job file's value for <see cref="Schedule"/>.</summary>
    internal string ScheduleWord => Schedules.Write(Schedule);

    internal static KeyTable<TrainingSection> Keys { get; } = new KeyTable<TrainingSection>()
        .Integer("steps", section => section.Steps, "Optimizer steps of the whole run.", 1)
        .Integer("global_batch", section => section.GlobalBatch, "Sequences of one step, over all workers and micro-batches.", 1, 1 << 20)
        .Integer("accumulation", section => section.Accumulation, "Micro-batches of one step; their gradients are summed.", 1)
        .Flag("overlap", section => section.Overlap, "Whether two micro-batches are in flight at a time: "
            + "one computes while the tokens of the other are exchanged.")
        .Custom("recompute", section => section.Recompute,
            "Activations that are recomputed in backward instead of kept: `none`, `layers`, or a list of results.", RecomputeWords.Allowed,
            (reader, fallback) => RecomputeWords.Read(reader, "recompute", fallback), RecomputeWords.Write)
        .Choice("precision", section => section.Precision,
            "Precision of forward and backward; `auto`: `bf16` if it is at least 1.2 times as fast on every worker.", PrecisionWords)
        .Choice("optimizer", section => section.Optimizer,
            "Optimizer of the matrices. Vectors, the embedding and the output head always use AdamW.", Optimizers)
        .Real("learning_rate", section => section.LearningRate, "Peak learning rate of AdamW.", 0)
        .Real("muon_learning_rate", section => section.MuonLearningRate, "Peak learning rate of Muon.", 1e-12)
        .With(Betas)
        .Real("epsilon", section => section.Epsilon, "Added to the root of AdamW's second moment.", 1e-30)
        .Real("weight_decay", section => section.WeightDecay, "Decoupled weight decay of matrices.", 0)
        .Real("clip", section => section.Clip, "Largest global gradient norm; 0 disables clipping.", 0)
        .Choice("schedule", section => section.Schedule, "Learning rate schedule after the warm-up.", Schedules)
        .Integer("warmup_steps", section => section.WarmupSteps, "Steps of the linear warm-up from 0; 0 for no warm-up.")
        .Real("min_ratio", section => section.MinRatio,
            "Final learning rate as a part of the peak. Used by the cosine schedule.", 0, 1)
        .Real("balance_loss", section => section.BalanceLoss,
            "Factor alpha of the sequence-wise balance loss (DeepSeek-V3, eq. 17).", 0)
        .Real("z_loss", section => section.ZLoss, "Factor of the routers' z-loss (Zoph et al. 2022, eq. 5).", 0)
        .Real("bias_update_speed", section => section.BiasUpdateSpeed,
            "Change gamma of a router bias per optimizer step (DeepSeek-V3, section 2.1.2); 0 keeps the biases constant.", 0)
        .Real("mtp_loss_weight", section => section.MtpLossWeight,
            "Factor lambda of the multi-token prediction losses (DeepSeek-V3, eq. 25).", 0);

    private static Key<TrainingSection> Betas => new()
    {
        Name = "betas",
        Allowed = "a list of 2 numbers, each at least 0 and below 1",
        Meaning = "Decay of AdamW's first and second moment.",
        Read = (reader, section) =>
        {
            var betas = reader.Reals("betas", [section.Beta1, section.Beta2]);
            if (betas.Any(beta => beta is < 0 or >= 1)) reader.Refuse("betas", "allowed: two numbers, each at least 0 and below 1");
            return section with { Beta1 = betas[0], Beta2 = betas[1] };
        },
        Write = section => new JsonArray(section.Beta1, section.Beta2),
    };
}
