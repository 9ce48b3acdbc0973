using Distributed.Configuration;
using Distributed.Configuration.Keys;
using Distributed.Models;
using Distributed.Models.Families;
using Distributed.Tensors.Kernels;

namespace Distributed.Training.Jobs;

/// <summary>The keys of a job file.</summary>
public static class JobKeys
{
    private static readonly WordMap<KernelChoice> KernelWords = new(("fused", KernelChoice.Fused), ("plain", KernelChoice.Plain));

    /// <summary>Describes all keys in order, except those of <c>model</c>, which are the keys of a <c>config.json</c>.</summary>
    public static IReadOnlyList<KeyDescription> Describe() => Table.Describe(Named(Defaults, "NAME"));

    /// <summary>The keys and sections.</summary>
    internal static KeyTable<TrainingJob> Table { get; } = new KeyTable<TrainingJob>()
        .With(Name)
        .Integer("seed", job => job.Seed, "Seed of the weights, the sample order and the generated text.", 0, uint.MaxValue)
        .Choice("kernels", job => job.Kernels, "The fused kernels, or libtorch's plain operators as their reference.", KernelWords)
        .With(Model)
        .Section("objective", job => job.Objective, ObjectiveSection.Keys, WithDefaults)
        .Section("data", job => job.Data, DataSection.Keys)
        .Section("training", job => job.Training, TrainingSection.Keys)
        .Section("parallel", job => job.Parallel, ParallelSection.Keys)
        .Section("evaluation", job => job.Evaluation, EvaluationSection.Keys)
        .Section("checkpoint", job => job.Checkpoint, CheckpointSection.Keys)
        .Section("recovery", job => job.Recovery, RecoverySection.Keys)
        .Section("sample", job => job.Sample, SampleSection.Keys);

    /// <summary>The values of missing keys. The two required keys have values that are not valid.</summary>
    internal static TrainingJob Defaults { get; } = new()
    {
        Name = "",
        Model = ModelFamilies.Default.All[0].Published,
        Data = new DataSection(),
        Training = new TrainingSection(),
        Parallel = new ParallelSection(),
        Evaluation = new EvaluationSection(),
        Checkpoint = new CheckpointSection { Directory = "" },
        Sample = new SampleSection(),
    };

    private static Key<TrainingJob> Name => new()
    {
        Name = "name",
        Allowed = "letters, digits, '.', '_' and '-'",
        Meaning = "Name of the job and of its folder.",
        IsRequired = true,
        Read = (reader, job) =>
        {
            var name = reader.Text("name") ?? "";
            if (name.Length == 0 || name[0] == '.' || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
                reader.Refuse("name", "allowed: letters, digits, '.', '_' and '-', since it names a folder");
            return Named(job, name);
        },
        Write = job => job.Name,
    };

    private static Key<TrainingJob> Model => new()
    {
        Name = "model",
        Allowed = "the keys of a Hugging Face `config.json`, and `config`",
        Meaning = "The network. `config` names a file with further keys; those of the section take precedence. "
            + "Without `vocab_size`, the tokenizer determines the vocabulary.",
        IsRequired = true,
        Read = (reader, job) =>
        {
            var model = reader.Section("model", keys => ModelSection.Merge(keys, reader));
            var config = ModelFamilies.Default.ReadWhole(model);
            return job with { Model = config, VocabularyFromTokenizer = !model.IsGiven("vocab_size") };
        },
        Write = job =>
        {
            var model = job.Model.ToJson();
            if (job.VocabularyFromTokenizer) model.Remove("vocab_size");
            return model;
        },
    };

    // After pre-training, the state of the mixture is left as it is, unless the job asks for more.
    private static TrainingJob WithDefaults(TrainingJob job)
    {
        if (!job.Objective.HasExamples) return job;
        var isReward = job.Objective.Kind == ObjectiveKind.RewardModel;
        return job with
        {
            Training = job.Training with { BiasUpdateSpeed = 0, BalanceLoss = 0, MtpLossWeight = 0 },
            Model = isReward ? job.Model with { Heads = DecoderHeads.Score, NumNextnPredictLayers = 0 } : job.Model,
            Sample = isReward ? job.Sample with { Tokens = 0 } : job.Sample,
        };
    }

    private static TrainingJob Named(TrainingJob job, string name) =>
        job with { Name = name, Checkpoint = job.Checkpoint with { Directory = $"runs/{name}" } };
}
