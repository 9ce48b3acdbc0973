namespace Distributed.Training.Jobs;

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
