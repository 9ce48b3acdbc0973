using Distributed.Data.Examples;
using Distributed.Data.Examples.Rows;
using Distributed.Data.Preparation;
using Distributed.Training.Jobs;

namespace Distributed.Training.Batches;

/// <summary>Creates the batch builders of a job's data.</summary>
public static class BatchBuilders
{
    /// <summary>Creates the builder of the training batches.</summary>
    /// <param name="data">The prepared data.</param>
    /// <param name="job">The job.</param>
    public static IBatchBuilder ForTraining(PreparedData data, TrainingJob job) => data switch
    {
        PreparedText text => new BatchBuilder(text.Train, job.Data.SequenceLength, job.Data.DocumentBoundaries),
        PreparedExamples examples => new ExampleBatchBuilder(
            new ExamplePacker(examples.Train, job.Data.SequenceLength, job.Seed, job.Data.Packing)),
        _ => throw new ArgumentException($"{data.GetType().Name} is not known.", nameof(data)),
    };

    /// <summary>Creates the builder of the held-out batches, in the order of the data.</summary>
    /// <param name="data">The prepared data.</param>
    /// <param name="section">The <c>data</c> section of the job.</param>
    /// <returns>The builder; null if examples are trained on and none are held out.</returns>
    public static IBatchBuilder? ForEvaluation(PreparedData data, DataSection section) => data switch
    {
        PreparedText text => new BatchBuilder(text.Evaluation, section.SequenceLength, section.DocumentBoundaries),
        PreparedExamples { Evaluation: { } heldOut } => new ExampleBatchBuilder(
            new ExamplePacker(heldOut, section.SequenceLength, seed: 0, section.Packing)),
        _ => null,
    };
}
