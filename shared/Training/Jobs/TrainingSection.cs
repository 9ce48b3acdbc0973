using System.Text.Json.Nodes;
using Distributed.Configuration;
using Distributed.Models.Layers;
using Distributed.Planning;

namespace Distributed.Training.Jobs;

/// <summary>Optimizer of the matrices. Vectors, the embedding and the output head always use AdamW.</summary>
public enum OptimizerKind
{
    /// <summary>Adam with decoupled weight decay (Loshchilov and Hutter 2019).</summary>
    AdamW,

    /// <summary>Momentum orthogonalised by Newton-Schulz steps (Jordan 2024).</summary>
    Muon,
}

/// <summary>Learning rate schedule after the warm-up.</summary>
public enum ScheduleKind
{
    /// <summary>Half a cosine down to <see cref="TrainingSection.MinRatio"/>.</summary>
    Cosine,

    /// <summary>Two drops, at 80 % and at 90 % of the steps (DeepSeek LLM, section 2.3).</summary>
    MultiStep,

    /// <summary>Constant, cosine, constant, lower constant (DeepSeek-V3, section 4.2).</summary>
    DeepSeekV3,

    /// <summary>No change after the warm-up.</summary>
    Constant,
}

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

    /// <summary>Activations that are recomputed in backward instead of kept.</summary>
    public Recomputation Recompute { get; init; }

    /// <summary>Precision of forward and backward.</summary>
    public Precision Precision { get; init; }

    /// <summary>Optimizer of the matrices.</summary>
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

    /// <summary>Final learning rate as a part of the peak, 0 to 1. Used by the cosine schedule.</summary>
    public double MinRatio { get; init; } = 0.1;

    /// <summary>Factor alpha of the sequence-wise balance loss (DeepSeek-V3 eq. 17).</summary>
    public double BalanceLoss { get; init; } = 1e-4;

    /// <summary>Factor of the routers' z-loss (Zoph et al. 2022, eq. 5).</summary>
    public double ZLoss { get; init; }

    /// <summary>Change gamma of a router bias per optimizer step (DeepSeek-V3 section 2.1.2); 0 keeps the biases constant.</summary>
    public double BiasUpdateSpeed { get; init; } = 1e-3;

    /// <summary>Factor lambda of the multi-token prediction losses (DeepSeek-V3 eq. 25).</summary>
    public double MtpLossWeight { get; init; } = 0.3;

    /// <summary>The job file's value for <see cref="Schedule"/>.</summary>
    internal string ScheduleWord => Schedules.Write(Schedule);

    internal static TrainingSection Read(ConfigReader reader)
    {
        var defaults = new TrainingSection();
        var betas = reader.Reals("betas", [defaults.Beta1, defaults.Beta2]);
        if (betas.Any(beta => beta is < 0 or >= 1)) reader.Refuse("betas", "allowed: two numbers, each at least 0 and below 1");
        var section = new TrainingSection
        {
            Steps = reader.Int("steps", defaults.Steps, 1),
            GlobalBatch = reader.Int("global_batch", defaults.GlobalBatch, 1, 1 << 20),
            Accumulation = reader.Int("accumulation", defaults.Accumulation, 1),
            Overlap = reader.Flag("overlap", defaults.Overlap),
            Recompute = RecomputeWords.Read(reader, "recompute"),
            Precision = PrecisionWords.Read(reader, "precision", defaults.Precision),
            Optimizer = Optimizers.Read(reader, "optimizer", defaults.Optimizer),
            LearningRate = reader.Real("learning_rate", defaults.LearningRate, 0),
            MuonLearningRate = reader.Real("muon_learning_rate", defaults.MuonLearningRate, 1e-12),
            Beta1 = betas[0],
            Beta2 = betas[1],
            Epsilon = reader.Real("epsilon", defaults.Epsilon, 1e-30),
            WeightDecay = reader.Real("weight_decay", defaults.WeightDecay, 0),
            Clip = reader.Real("clip", defaults.Clip, 0),
            Schedule = Schedules.Read(reader, "schedule", defaults.Schedule),
            WarmupSteps = reader.Int("warmup_steps", defaults.WarmupSteps),
            MinRatio = reader.Real("min_ratio", defaults.MinRatio, 0, 1),
            BalanceLoss = reader.Real("balance_loss", defaults.BalanceLoss, 0),
            ZLoss = reader.Real("z_loss", defaults.ZLoss, 0),
            BiasUpdateSpeed = reader.Real("bias_update_speed", defaults.BiasUpdateSpeed, 0),
            MtpLossWeight = reader.Real("mtp_loss_weight", defaults.MtpLossWeight, 0),
        };
        reader.RefuseUnknown();
        return section;
    }

    internal JsonObject Write() => new()
    {
        ["steps"] = Steps,
        ["global_batch"] = GlobalBatch,
        ["accumulation"] = Accumulation,
        ["overlap"] = Overlap,
        ["recompute"] = RecomputeWords.Write(Recompute),
        ["precision"] = Precision.Name(),
        ["optimizer"] = Optimizers.Write(Optimizer),
        ["learning_rate"] = LearningRate,
        ["muon_learning_rate"] = MuonLearningRate,
        ["betas"] = new JsonArray(Beta1, Beta2),
        ["epsilon"] = Epsilon,
        ["weight_decay"] = WeightDecay,
        ["clip"] = Clip,
        ["schedule"] = Schedules.Write(Schedule),
        ["warmup_steps"] = WarmupSteps,
        ["min_ratio"] = MinRatio,
        ["balance_loss"] = BalanceLoss,
        ["z_loss"] = ZLoss,
        ["bias_update_speed"] = BiasUpdateSpeed,
        ["mtp_loss_weight"] = MtpLossWeight,
    };
}
