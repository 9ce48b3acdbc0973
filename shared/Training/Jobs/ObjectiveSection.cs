using Distributed.Configuration;
using Distributed.Configuration.Keys;
using Distributed.Tensors.Kernels;
using Distributed.Training.Objectives;

namespace Distributed.Training.Jobs;

/// <summary>Section <c>objective</c> of a job: what it optimises.</summary>
public sealed record ObjectiveSection
{
    private static readonly WordMap<ObjectiveKind> Kinds = new(
        ("pretraining", ObjectiveKind.Pretraining), ("sft", ObjectiveKind.Sft), ("dpo", ObjectiveKind.Dpo),
        ("reward_model", ObjectiveKind.RewardModel), ("distillation", ObjectiveKind.Distillation));
    private static readonly WordMap<PreferenceLossKind> Losses = new(
        ("sigmoid", PreferenceLossKind.Sigmoid), ("ipo", PreferenceLossKind.Ipo));
    private static readonly WordMap<DivergenceKind> Divergences = new(
        ("forward_kl", DivergenceKind.ForwardKl), ("reverse_kl", DivergenceKind.ReverseKl),
        ("jensen_shannon", DivergenceKind.JensenShannon));

    private const double Largest = 1000; // far beyond any use, and small enough for finite losses

    /// <summary>What the job optimises.</summary>
    public ObjectiveKind Kind { get; init; }

    /// <summary>Loss of a pair, of <c>dpo</c>: <c>sigmoid</c> (DPO) or <c>ipo</c>.</summary>
    public PreferenceLossKind Loss { get; init; }

    /// <summary>Strength beta of the tie to the reference, of <c>dpo</c>.</summary>
    public double Beta { get; init; } = 0.1;

    /// <summary>Probability that a preference has the wrong order, of <c>dpo</c> with <c>sigmoid</c> (conservative DPO).</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>Checkpoint of the reference, of <c>dpo</c>; null: that of <c>checkpoint.initial</c>.</summary>
    public string? Reference { get; init; }

    /// <summary>Least difference between the scores of a pair, of <c>reward_model</c>.</summary>
    public double Margin { get; init; }

    /// <summary>Factor of the term that keeps scores near 0, of <c>reward_model</c>.</summary>
    public double Centring { get; init; }

    /// <summary>Checkpoint of the teacher, of <c>distillation</c>.</summary>
    public string? Teacher { get; init; }

    /// <summary>Divergence between teacher and student, of <c>distillation</c>.</summary>
    public DivergenceKind Divergence { get; init; }

    /// <summary>Divisor of both logits, of <c>distillation</c>.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Weight of the teacher in the mixture of <c>jensen_shannon</c>, above 0 and below 1.</summary>
    public double Mixture { get; init; } = 0.5;

    /// <summary>Weight of the cross-entropy of the tokens, of <c>distillation</c>; the divergence has the rest.</summary>
    public double HardWeight { get; init; }

    /// <summary>The job file's word for <see cref="Kind"/>.</summary>
    internal string KindWord => Kinds.Write(Kind);

    /// <summary>Whether the job is trained on examples, not on a text.</summary>
    public bool HasExamples => Kind != ObjectiveKind.Pretraining;

    /// <summary>Whether the examples are pairs.</summary>
    public bool HasPairs => Kind is ObjectiveKind.Dpo or ObjectiveKind.RewardModel;

    internal static KeyTable<ObjectiveSection> Keys { get; } = new KeyTable<ObjectiveSection>(Check)
        .Choice("kind", section => section.Kind, "What the job optimises.", Kinds)
        .Choice("loss", section => section.Loss, "Loss of a pair, of `dpo`: `sigmoid` (DPO) or `ipo`.", Losses)
        .Real("beta", section => section.Beta, "Strength beta of the tie to the reference, of `dpo`.", 1e-6, Largest)
        .Real("label_smoothing", section => section.LabelSmoothing,
            "Probability that a preference has the wrong order, of `dpo` with `sigmoid` (conservative DPO).", 0, 0.5)
        .OptionalText("reference", section => section.Reference,
            "Checkpoint of the reference, of `dpo`; null: that of `checkpoint.initial`.")
        .Real("margin", section => section.Margin, "Least difference between the scores of a pair, of `reward_model`.", 0, Largest)
        .Real("centring", section => section.Centring, "Factor of the term that keeps scores near 0, of `reward_model`.", 0, Largest)
        .OptionalText("teacher", section => section.Teacher, "Checkpoint of the teacher, of `distillation`.")
        .Choice("divergence", section => section.Divergence, "Divergence between teacher and student, of `distillation`.", Divergences)
        .Real("temperature", section => section.Temperature, "Divisor of both logits, of `distillation`.", 1e-3, Largest)
        .Real("mixture", section => section.Mixture,
            "Weight of the teacher in the mixture of `jensen_shannon`, above 0 and below 1.", 1e-6, 1 - 1e-6)
        .Real("hard_weight", section => section.HardWeight,
            "Weight of the cross-entropy of the tokens, of `distillation`; the divergence has the rest.", 0, 0.999999);

    private static void Check(ObjectiveSection section, ConfigReader reader)
    {
        if (section.Kind == ObjectiveKind.Distillation && section.Teacher is null)
            reader.Refuse("teacher", "required by kind: distillation: the path of the teacher's checkpoint");
        if (section is { Loss: PreferenceLossKind.Ipo, LabelSmoothing: > 0 })
            reader.Refuse("label_smoothing", "allowed with loss: ipo: 0");
    }
}
