using System.Text.Json.Nodes;
using Distributed.Configuration;
using Distributed.Models;
using Distributed.Models.Layers;
using Distributed.Tensors.Kernels;

namespace Distributed.Training.Jobs;

/// <summary>
/// Configuration of a run: the network, the text, the step, the workers and the checkpoints. It is read from a job file
/// (<see cref="JobFile"/>), sent to workers and stored in checkpoints as JSON.
/// </summary>
public sealed record TrainingJob
{
    /// <summary>Name of the job and of its folder.</summary>
    public required string Name { get; init; }

    /// <summary>Seed of the weights, the sample order and the generated text.</summary>
    public long Seed { get; init; } = 1234;

    /// <summary>The fused kernels, or libtorch's plain operators as their reference.</summary>
    public KernelChoice Kernels { get; init; }

    /// <summary>The network. If <see cref="VocabularyFromTokenizer"/> is true, its vocabulary size is not final.</summary>
    public required DecoderConfig Model { get; init; }

    /// <summary>Whether the tokenizer determines <c>vocab_size</c>; see <see cref="WithVocabulary"/>.</summary>
    public bool VocabularyFromTokenizer { get; init; }

    /// <summary>What the job optimises.</summary>
    public ObjectiveSection Objective { get; init; } = new();

    /// <summary>The checkpoint of the reference, of <c>dpo</c>; null if the job names none.</summary>
    public string? ReferenceCheckpoint => Objective.Reference ?? Checkpoint.Initial;

    /// <summary>Whether <c>checkpoint.initial</c> names the reference too, so that a resumed run reads it.</summary>
    internal bool IsInitialTheReference => Objective is { Kind: ObjectiveKind.Dpo, Reference: null };

    /// <summary>The training text, the held-out text and the tokenizer.</summary>
    public required DataSection Data { get; init; }

    /// <summary>The training step, the optimizer and the schedule.</summary>
    public required TrainingSection Training { get; init; }

    /// <summary>The workers and the layout of the network.</summary>
    public required ParallelSection Parallel { get; init; }

    /// <summary>When the held-out text is scored.</summary>
    public required EvaluationSection Evaluation { get; init; }

    /// <summary>Where and when checkpoints are saved.</summary>
    public required CheckpointSection Checkpoint { get; init; }

    /// <summary>How the job recovers from lost workers.</summary>
    public RecoverySection Recovery { get; init; } = new();

    /// <summary>The text generated at the end.</summary>
    public required SampleSection Sample { get; init; }

    /// <summary>Reads a job from its JSON keys.</summary>
    /// <param name="json">The sections. <c>model.config</c> names a file of this machine.</param>
    /// <param name="source">Name of the job's source in messages.</param>
    /// <exception cref="ConfigException">The job has mistakes; all are listed.</exception>
    public static TrainingJob FromJson(JsonObject json, string source = "job")
    {
        var problems = new List<ConfigProblem>();
        var job = Read(json, problems);
        return problems.Count == 0 ? job : throw new ConfigException(source, problems);
    }

    /// <summary>Writes the job with all default values; <see cref="FromJson"/> reads it back.</summary>
    public JsonObject ToJson() => JobKeys.Table.Write(this);

    /// <summary>
    /// Returns the job with its final vocabulary size and precision. Precision <c>auto</c> is resolved by the measured matrix product speed
    /// of this machine.
    /// </summary>
    /// <param name="vocabulary">Number of tokens of the tokenizer.</param>
    /// <exception cref="ConfigException">The job sets a <c>vocab_size</c> that is too small for the tokenizer.</exception>
    public TrainingJob WithVocabulary(int vocabulary)
    {
        if (!VocabularyFromTokenizer && Model.VocabSize < vocabulary)
        {
            throw new ConfigException(Name, [new ConfigProblem("model.vocab_size", Model.VocabSize.ToString(),
                $"allowed: at least the tokenizer's {vocabulary} tokens; leave the key out to take the tokenizer's number")]);
        }

        return this with
        {
            Model = VocabularyFromTokenizer ? Model with { VocabSize = vocabulary } : Model,
            VocabularyFromTokenizer = false,
            Training = Training with { Precision = Training.Precision.Resolve() },
        };
    }

    internal static TrainingJob Read(JsonObject json, List<ConfigProblem> problems)
    {
        var reader = new ConfigReader(json, "", problems);
        var job = JobKeys.Table.ReadWhole(reader, JobKeys.Defaults);
        if (job.VocabularyFromTokenizer) job = job with { Model = job.Model with { VocabSize = job.Data.Vocabulary } };
        job.CheckTogether(reader.Section("data"), reader.Section("training"), reader.Section("parallel"));
        job.CheckObjective(reader);
        return job;
    }

    // Checks what an objective needs of other sections.
    private void CheckObjective(ConfigReader job)
    {
        var (data, word) = (job.Section("data"), Objective.KindWord);
        if (Model.Heads == DecoderHeads.Score && Objective.Kind != ObjectiveKind.RewardModel)
            job.Section("model").Refuse("heads", $"allowed with objective.kind: {word}: a network with an output head");
        if (!Objective.HasExamples)
        {
            if (Data.Examples.Count > 0)
                data.Refuse("examples", "allowed with objective.kind: pretraining: none; set another kind, or data.corpus");
            return;
        }

        if (Data.Examples.Count == 0) data.Refuse("examples", $"required by objective.kind: {word}: at least one JSONL file or folder");
        if (Data.Tokenizer is null) data.Refuse("tokenizer", $"required by objective.kind: {word}: a tokenizer.json or a folder with one");
        if (Objective.Kind == ObjectiveKind.Dpo && Checkpoint.Initial is null)
        {
            job.Section("checkpoint").Refuse("initial",
                "required by objective.kind: dpo: the checkpoint to start from, which is the reference too, unless objective.reference "
                    + "is set");
        }

        if (Objective.Kind != ObjectiveKind.RewardModel) return;
        if (Training.MtpLossWeight > 0)
            job.Section("training").Refuse("mtp_loss_weight", "allowed with objective.kind: reward_model: 0, since it has no output head");
        if (Sample.Tokens > 0)
            job.Section("sample").Refuse("tokens", "allowed with objective.kind: reward_model: 0, since it generates no text");
    }

    // Checks combinations of keys that are valid alone.
    private void CheckTogether(ConfigReader data, ConfigReader training, ConfigReader parallel)
    {
        var experts = Model.NRoutedExperts;
        if (experts > 0 && Parallel.Grid.ExpertParallel > experts)
        {
            parallel.Refuse(
                parallel.Has("workers") ? "workers" : "expert_parallel",
                $"allowed: at most model.n_routed_experts = {experts} for each of parallel.replicas = {Parallel.Replicas}, "
                    + "since every worker holds at least one expert of each layer; more workers need more parallel.replicas");
        }

        var least = (long)Parallel.Workers * Training.Accumulation;
        if (Training.GlobalBatch < least)
        {
            training.Refuse(
                "global_batch",
                $"allowed: at least parallel.workers x training.accumulation = {least}, one sequence for every worker in each micro-batch");
        }

        if (Training.Overlap && Training.Accumulation < 2)
        {
            training.Refuse(
                "overlap",
                $"allowed: false, or training.accumulation of at least 2 (it is {Training.Accumulation}), "
                    + "since one micro-batch computes while another's tokens are exchanged");
        }

        if (Training.Recompute is not (Recomputation.None or Recomputation.Layers) && Kernels == KernelChoice.Plain)
        {
            training.Refuse(
                "recompute", "allowed with kernels: plain: none or layers, since only the fused kernels recompute single operations");
        }

        if (Training.Recompute.HasFlag(Recomputation.SwiGlu) && Model.NSharedExperts == 0 && Model.FirstKDenseReplace == 0
            && Model.MoeLayerFreq == 1)
        {
            training.Refuse(
                "recompute",
                "swiglu: this network has neither dense layers nor shared experts, "
                + "and the SwiGLU of routed experts is always recomputed; remove swiglu");
        }

        if (Training.Recompute.HasFlag(Recomputation.MlaUp) && !Model.Attention.HasUpProjections)
        {
            training.Refuse(
                "recompute",
                "mla_up: this network has no up-projections; only latent attention (model_type: deepseek_v3) has them; remove mla_up");
        }

        if (Training.WarmupSteps > Training.Steps)
            training.Refuse("warmup_steps", $"allowed: at most training.steps = {Training.Steps}");
        if (Data.SequenceLength > Model.MaxPositionEmbeddings)
            data.Refuse("sequence_length", $"allowed: at most model.max_position_embeddings = {Model.MaxPositionEmbeddings}");
        if (Data.SequenceLength <= Model.NumNextnPredictLayers)
        {
            data.Refuse(
                "sequence_length",
                $"allowed: more than model.num_nextn_predict_layers = {Model.NumNextnPredictLayers}; "
                    + "otherwise the last module has no token to predict");
        }
    }
}
