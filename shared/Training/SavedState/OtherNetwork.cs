using System.Text.Json.Nodes;
using Distributed.Checkpoints;
using Distributed.Configuration;
using Distributed.Data.Tokenizers;
using Distributed.Models;
using Distributed.Models.Families;
using Distributed.Training.Jobs;

namespace Distributed.Training.SavedState;

/// <summary>The network of another run's checkpoint: whether a job can use it.</summary>
public static class OtherNetwork
{
    /// <summary>Name of the folder beside a run's checkpoints that holds its tokenizer.</summary>
    public const string TokenizerFolder = "tokenizer";

    /// <summary>Reads the network of a checkpoint.</summary>
    /// <exception cref="CheckpointException">Its keys are not known.</exception>
    public static DecoderConfig ConfigOf(Checkpoint checkpoint)
    {
        var problems = new List<ConfigProblem>();
        var config = ModelFamilies.Default.ReadWhole(new ConfigReader((JsonObject)checkpoint.State.Model.DeepClone(), "", problems));
        return problems.Count == 0
            ? config : throw new CheckpointException($"{checkpoint.Folder}: its network is not known: {problems[0]}");
    }

    /// <summary>Requires that a job's weights can start from those of a checkpoint.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="job">The job, with its final vocabulary.</param>
    /// <param name="tokenizer">The tokenizer of the data.</param>
    /// <exception cref="TrainingException">The network was trained with another tokenizer.</exception>
    /// <exception cref="CheckpointException">The network differs from the job's in more than its heads and modules.</exception>
    public static void RequireInitial(Checkpoint checkpoint, TrainingJob job, BpeTokenizer tokenizer)
    {
        RequireTokenizer(checkpoint, "checkpoint.initial", tokenizer);
        var saved = ConfigOf(checkpoint);
        if (saved.Heads == DecoderHeads.Score && job.Model.Heads != DecoderHeads.Score)
            throw new CheckpointException($"{checkpoint.Folder}: checkpoint.initial is a reward model, which has no output head.");
        if (job.Model.NumNextnPredictLayers > saved.NumNextnPredictLayers)
        {
            throw new CheckpointException(
                $"{checkpoint.Folder}: checkpoint.initial has {saved.NumNextnPredictLayers} multi-token prediction modules, and "
                + $"model.num_nextn_predict_layers = {job.Model.NumNextnPredictLayers}. Set it to at most the former.");
        }

        // These may differ: heads and modules are left out or start anew, and a context may be extended.
        var same = saved with
        {
            Heads = job.Model.Heads, NumNextnPredictLayers = job.Model.NumNextnPredictLayers,
            MaxPositionEmbeddings = job.Model.MaxPositionEmbeddings, InitializerRange = job.Model.InitializerRange,
        };
        JsonObject theirs = same.ToJson(), own = job.Model.ToJson();
        var differences = theirs.Select(key => key.Key).Union(own.Select(key => key.Key))
            .Where(key => !JsonNode.DeepEquals(theirs[key], own[key]))
            .Select(key => $"model.{key} = {own[key]?.ToJsonString() ?? "null"}, there {theirs[key]?.ToJsonString() ?? "null"}").ToList();
        if (differences.Count == 0) return;
        throw new CheckpointException($"{checkpoint.Folder}: checkpoint.initial is of another network than the job's: "
            + $"{string.Join("; ", differences)}. Use the keys that it was saved with (model.config: {checkpoint.Folder}/config.json).");
    }

    /// <summary>Requires that a job can use a checkpoint's network as a reference or teacher.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="key">The job key that names the checkpoint.</param>
    /// <param name="job">The job, with its final vocabulary.</param>
    /// <param name="tokenizer">The tokenizer of the data.</param>
    /// <returns>The network, without its multi-token prediction modules.</returns>
    /// <exception cref="TrainingException">The network was trained with another tokenizer.</exception>
    /// <exception cref="CheckpointException">
    /// The network has no output head, another vocabulary, a shorter context, or fewer experts than there are ranks that share them.
    /// </exception>
    public static DecoderConfig RequireFrozen(Checkpoint checkpoint, string key, TrainingJob job, BpeTokenizer tokenizer)
    {
        RequireTokenizer(checkpoint, key, tokenizer);
        var config = ConfigOf(checkpoint) with { NumNextnPredictLayers = 0 };
        var ranks = job.Parallel.Grid.ExpertParallel;
        var problem = config switch
        {
            { Heads: DecoderHeads.Score } => "it is a reward model, which has no output head",
            _ when config.VocabSize != job.Model.VocabSize =>
                $"its vocabulary has {config.VocabSize} tokens, and model.vocab_size is {job.Model.VocabSize}",
            _ when config.MaxPositionEmbeddings < job.Data.SequenceLength =>
                $"its context has {config.MaxPositionEmbeddings} positions, and data.sequence_length is {job.Data.SequenceLength}",
            _ when config.MoeLayers.Any() && config.NRoutedExperts < ranks =>
                $"its {config.NRoutedExperts} routed experts cannot be placed on {ranks} workers, at least one on each",
            _ => null,
        };
        return problem is null ? config : throw new CheckpointException($"{checkpoint.Folder}: cannot be used as {key}: {problem}.");
    }

    // A checkpoint without a tokenizer beside it passes.
    private static void RequireTokenizer(Checkpoint checkpoint, string key, BpeTokenizer tokenizer)
    {
        var folder = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(checkpoint.Folder))!, TokenizerFolder);
        if (!Directory.Exists(folder)) return;
        var other = BpeTokenizer.Load(folder);
        if (other.ContentHash == tokenizer.ContentHash) return;
        var path = Path.Combine(folder, BpeTokenizer.FileName);
        throw new TrainingException(
            $"{key} = {checkpoint.Folder}: its tokenizer of {other.VocabularySize} tokens differs from data.tokenizer of "
            + $"{tokenizer.VocabularySize}. Set data.tokenizer: {path}, or name a checkpoint that was trained with this job's tokenizer.");
    }
}
