using Distributed.Data.Examples.Storage;
using Distributed.Data.Preparation;
using Distributed.Data.Tokenizers;

namespace Distributed.Data.Examples;

/// <summary>Examples to train on, and those that are held out.</summary>
/// <param name="train">The examples to train on; this object takes ownership.</param>
/// <param name="evaluation">The held-out examples; this object takes ownership. Null for none.</param>
public sealed class PreparedExamples(PreparedExampleSet train, PreparedExampleSet? evaluation) : PreparedData
{
    /// <summary>The examples to train on, with their counts and notices.</summary>
    public PreparedExampleSet TrainSet => train;

    /// <summary>The held-out examples, with their counts and notices; null for none.</summary>
    public PreparedExampleSet? EvaluationSet => evaluation;

    /// <summary>The examples to train on.</summary>
    public ExampleDataset Train => train.Dataset;

    /// <summary>The held-out examples; null for none.</summary>
    public ExampleDataset? Evaluation => evaluation?.Dataset;

    /// <inheritdoc/>
    public override BpeTokenizer Tokenizer => train.Tokenizer;

    /// <inheritdoc/>
    public override string TokenizerDirectory => train.TokenizerDirectory;

    /// <inheritdoc/>
    public override string ContentId => train.Summary.ContentId;

    /// <inheritdoc/>
    public override string Directory => train.Directory;

    /// <inheritdoc/>
    public override bool IsFromCache => train.IsFromCache;

    /// <inheritdoc/>
    public override void Dispose()
    {
        train.Dispose();
        evaluation?.Dispose();
    }
}
