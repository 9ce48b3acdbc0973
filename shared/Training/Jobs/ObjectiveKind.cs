namespace Distributed.Training.Jobs;

/// <summary>What a job optimises.</summary>
public enum ObjectiveKind
{
    /// <summary>The next tokens of a text.</summary>
    Pretraining,

    /// <summary>The completions of examples (supervised fine-tuning).</summary>
    Sft,

    /// <summary>Preferences between two completions, relative to a reference (direct preference optimisation).</summary>
    Dpo,

    /// <summary>A score that ranks two completions.</summary>
    RewardModel,

    /// <summary>A teacher's distribution at each token of its completions.</summary>
    Distillation,
}
