using System.Collections.Immutable;
using Distributed.Checkpoints;
using Distributed.Cli.Commands;
using Distributed.Cli.Output;
using Distributed.Data.Examples.Templates;
using Distributed.Data.Preparation;
using Distributed.Data.Tokenizers;
using Distributed.Models;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Dispatch;
using Distributed.Parallel.Forward;
using Distributed.Rollouts;
using Distributed.Rollouts.Generation;
using Distributed.Rollouts.Sampling;
using Distributed.Training;
using Distributed.Training.Evaluation;
using Distributed.Training.Jobs;
using Distributed.Training.Objectives;
using Distributed.Training.Reports;
using Distributed.Transports;
using Distributed.Transports.InMemory;
using static TorchSharp.torch;

namespace Distributed.Cli.Models;

/// <summary>A network with all its experts, loaded from a checkpoint for generation and evaluation.</summary>
internal sealed class CheckpointModel : IDisposable
{
    private readonly Decoder _model;

    private CheckpointModel(Checkpoint checkpoint, TrainingJob job)
    {
        (Job, Step, Folder) = (job, checkpoint.State.Step, checkpoint.Folder);
        Tokenizer = TokenizerFolder.Load(checkpoint);
        set_num_threads(Environment.ProcessorCount);
        _model = new Decoder(job.Model, NetworkFactory.Type(job.Training.Precision));
        try
        {
            Fill(checkpoint);
        }
        catch
        {
            _model.Dispose();
            throw;
        }
    }

    /// <summary>The job that trained the network.</summary>
    public TrainingJob Job { get; }

    /// <summary>Number of steps that the network was trained for.</summary>
    public long Step { get; }

    /// <summary>The checkpoint's folder.</summary>
    public string Folder { get; }

    /// <summary>The tokenizer of the run.</summary>
    public BpeTokenizer Tokenizer { get; }

    /// <summary>Loads the latest checkpoint of a run's folder, or the given checkpoint (<see cref="NamedCheckpoint"/>).</summary>
    /// <exception cref="CheckpointException">The checkpoint does not exist or is damaged.</exception>
    public static CheckpointModel Load(CommandOutput streams, string path)
    {
        NativeTorch.Require();
        return NamedCheckpoint.Use(streams, path, checkpoint => new CheckpointModel(checkpoint, JobSource.JobOf(checkpoint)));
    }

    /// <summary>Generates text until the end-of-text token, the maximum number of tokens, or the end of the context.</summary>
    /// <param name="prompt">The text to continue, or the message to answer; an empty text starts a new document.</param>
    /// <param name="isChat">Whether the prompt is a user's message; the answer also stops at the token after a message.</param>
    /// <param name="options">Sampling options and the maximum number of tokens.</param>
    /// <exception cref="GenerationException">The prompt or an option is not valid for this network.</exception>
    /// <exception cref="UserErrorException">The network has no output head, or its tokenizer no role tokens.</exception>
    public GeneratedText Generate(string prompt, bool isChat, SamplingOptions options)
    {
        if (Job.Model.Heads == DecoderHeads.Score)
            throw new UserErrorException($"{Folder} holds a reward model, which scores text and cannot generate it.");
        var ids = GenerationPrompt.Encode(Tokenizer, prompt, isChat, "--chat");
        if (ids.Count == 0) ids = [Tokenizer.EndOfTextId];
        ImmutableArray<int> stop =
            isChat ? [Tokenizer.EndOfTextId, RoleTokens.Of(Tokenizer).End] : [Tokenizer.EndOfTextId];
        var sequence = new TextGenerator(_model).Generate(ids, options with { StopTokens = stop });
        var text = Tokenizer.Decode([.. sequence.Generated.Select(drawn => drawn.Token)], skipSpecial: true);
        var context = Job.Model.MaxPositionEmbeddings;
        return new GeneratedText(text, ids.Count, sequence.Generated.Length, options.MaxTokens, context, sequence.Stop);
    }

    /// <summary>Scores held-out text.</summary>
    /// <param name="data">The prepared text.</param>
    /// <param name="job">The job that saved the checkpoint, with overrides of its data and of what its objective reads.</param>
    /// <param name="maxSequences">Maximum number of sequences; 0 for all.</param>
    /// <exception cref="UserErrorException">The held-out text is shorter than one sequence.</exception>
    public EvaluationReport Evaluate(PreparedData data, TrainingJob job, int maxSequences)
    {
        var experts = Enumerable.Range(0, Job.Model.NRoutedExperts).ToImmutableArray();
        var locations = Job.Model.MoeLayers.ToDictionary(layer => layer, _ => new ExpertLocations(Job.Model.NRoutedExperts, [experts]));
        using var exchange = new InMemoryFabric(1).Endpoint(0);
        using var alone = new ExchangeCollectives(exchange);
        var read = Job with { Objective = job.Objective, Checkpoint = job.Checkpoint };
        using var objective = ObjectiveFactory.Create(
            read, _model, Tokenizer, new RankGroups(exchange, exchange, exchange), 0, TimeProvider.System);
        var evaluator = new Evaluator(_model, new SegmentedForward(_model, locations, new LocalDispatcher()), objective, alone, data,
            new EvaluationOptions { Data = job.Data, MaxSequences = maxSequences }, TimeProvider.System);
        if (!evaluator.HasText)
        {
            throw new UserErrorException(evaluator.TokensNeeded == 0
                ? "No examples are held out. Name some with --set data.evaluation=FILE."
                : $"The held-out text has {Format.Exact(evaluator.TokensFound, "token")}, and one sequence needs {evaluator.TokensNeeded} "
                + "(data.sequence_length and the last target). Hold out more text (data.evaluation, data.evaluation_fraction), "
                + "or shorten the sequences.");
        }

        return evaluator.Run(Step);
    }

    /// <summary>Sets every router's bias to zero, to measure the effect of the biases.</summary>
    public void ClearRouterBias()
    {
        using var _ = no_grad();
        foreach (var layer in _model.MoeLayers) layer.Moe!.Router.Bias.zero_();
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    private void Fill(Checkpoint checkpoint)
    {
        using var _ = no_grad();
        foreach (var parameter in _model.Parameters.All)
        {
            foreach (var view in parameter.Views)
            {
                using var scope = NewDisposeScope();
                view.Select(parameter.Value).copy_(checkpoint.Read(TensorKind.Weights, view.Name));
            }
        }

        foreach (var (name, buffer) in _model.Parameters.Buffers)
        {
            using var saved = checkpoint.Read(TensorKind.Weights, name);
            buffer.copy_(saved);
        }
    }
}
