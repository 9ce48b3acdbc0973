using System.Buffers;
using Distributed.Data.Examples.Files;
using Distributed.Data.Examples.Lengths;
using Distributed.Data.Examples.Records;
using Distributed.Data.Examples.Storage;
using Distributed.Data.Examples.Templates;

namespace Distributed.Data.Examples;

/// <summary>
/// Encodes lines of examples into a data set, counts what does not fit, and collects the mistakes. After the first mistake nothing more is
/// written, but all lines are still checked.
/// </summary>
internal sealed class ExampleEncoding(
    ExampleTemplate template, LengthLimit limit, SearchValues<string> specialNames, ExampleDatasetWriter writer)
{
    private const int BatchLines = 256;

    private readonly Dictionary<LengthOutcome, ExampleCount> _counts = [];

    /// <summary>The mistakes so far.</summary>
    public ExampleProblems Problems { get; } = new();

    /// <summary>Examples with the name of a special token in a text.</summary>
    public ExampleCount SpecialNames { get; private set; } = new();

    /// <summary>Examples with an outcome.</summary>
    public ExampleCount Count(LengthOutcome outcome) => _counts.GetValueOrDefault(outcome, new ExampleCount());

    /// <summary>Encodes the lines in parallel and writes the examples in order.</summary>
    /// <exception cref="DataException">The tokenizer has no role tokens, and an example is a chat.</exception>
    public void Add(IEnumerable<ExampleLine> lines, CancellationToken cancellation)
    {
        foreach (var batch in lines.Chunk(BatchLines))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var (example, _) in batch) if (example is not null) template.Check(example);
            foreach (var (example, record, problem) in batch.AsParallel().AsOrdered().Select(Encode)) Add(example, record, problem);
        }
    }

    private (Example? Example, EncodedRecord? Record, string? Problem) Encode(ExampleLine line)
    {
        try
        {
            return (line.Example, line.Example is null ? null : template.Encode(line.Example), line.Problem);
        }
        catch (DataException e)
        {
            return (line.Example, null, e.Message);
        }
    }

    private void Add(Example? example, EncodedRecord? record, string? problem)
    {
        if (problem is not null) Problems.Add(problem);
        if (example is null || record is null || Problems.Any) return;
        var (fitted, outcome) = limit.Apply(record);
        _counts[outcome] = Count(outcome).With(example.Source);
        if (fitted is null) return;
        writer.Append(fitted);
        if (ExampleTexts.Of(example).Any(text => text.AsSpan().ContainsAny(specialNames))) SpecialNames = SpecialNames.With(example.Source);
    }
}
