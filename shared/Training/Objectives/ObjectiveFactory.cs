using Distributed.Data.Tokenizers;
using Distributed.Models;
using Distributed.Tensors.Kernels;
using Distributed.Training.Frozen;
using Distributed.Training.Jobs;
using Distributed.Transports;

namespace Distributed.Training.Objectives;

/// <summary>Creates the objective of a job, with the frozen networks that it needs.</summary>
public static class ObjectiveFactory
{
    /// <summary>Creates the objective. Ranks load frozen networks independently.</summary>
    /// <param name="job">The job, with its final vocabulary and precision.</param>
    /// <param name="model">The network in training.</param>
    /// <param name="tokenizer">The tokenizer of the data.</param>
    /// <param name="groups">This rank's exchanges with its groups.</param>
    /// <param name="epoch">Epoch of the groups.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="Checkpoints.CheckpointException">A checkpoint of a frozen network is missing or damaged.</exception>
    /// <exception cref="TrainingException">A frozen network has another tokenizer.</exception>
    public static IObjective Create(
        TrainingJob job, Decoder model, BpeTokenizer tokenizer, RankGroups groups, long epoch, TimeProvider time)
    {
        var objective = job.Objective;
        FrozenNetwork Load(string folder, string key) => FrozenNetworkLoader.Load(folder, key, job, tokenizer, groups, epoch, time);
        return objective.Kind switch
        {
            ObjectiveKind.Pretraining or ObjectiveKind.Sft => new NextToken(),
            ObjectiveKind.Dpo => new PreferenceOptimisation(model, Load(job.ReferenceCheckpoint!, "objective.reference"),
                new PreferenceOptions(objective.Loss, objective.Beta, objective.LabelSmoothing)),
            ObjectiveKind.RewardModel => new RewardModelling(model, objective.Margin, objective.Centring),
            ObjectiveKind.Distillation => new TeacherDistillation(
                model, Load(objective.Teacher!, "objective.teacher"), new DivergenceOptions(
                objective.Divergence, objective.Temperature, objective.Mixture, objective.HardWeight)),
            var other => throw new ArgumentOutOfRangeException(nameof(job), other, "Unknown objective."),
        };
    }
}
