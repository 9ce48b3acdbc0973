using Distributed.Data.Sampling;

namespace Distributed.Data.Examples.Rows;

/// <summary>
/// Assigns examples to rows, each example to exactly one, from the lengths alone.
/// 1. The examples are ordered by <see cref="SampleOrder"/>, so that a row mixes examples of the whole data set.
/// 2. In windows of <see cref="Window"/> examples, the longest first, each joins the row with the least sufficient room (best-fit
///    decreasing; Johnson et al. 1974). The rows with the most room stay open for the next window.
/// 3. An example is never split. With examples longer than half a row, room is lost that no order can fill.
/// </summary>
public sealed class PackingPlan
{
    /// <summary>Number of examples that are placed together.</summary>
    public const int Window = 1024;

    private const int RowsKeptOpen = 32;

    private readonly List<int[]> _rows = [];

    /// <summary>Makes a plan; equal arguments give equal plans.</summary>
    /// <param name="lengths">Number of tokens of each example, 1 to <paramref name="rowLength"/>; at least one example.</param>
    /// <param name="rowLength">Positions of a row.</param>
    /// <param name="seed">Any number.</param>
    /// <exception cref="ArgumentException">There is no example, or one is empty or longer than a row.</exception>
    public PackingPlan(IReadOnlyList<int> lengths, int rowLength, long seed)
    {
        Require(lengths, rowLength);
        var order = new SampleOrder(seed, lengths.Count);
        var open = new OpenRows(rowLength, _rows);
        foreach (var window in Enumerable.Range(0, lengths.Count).Select(position => (int)order.At(position)).Chunk(Window))
        {
            foreach (var example in window.OrderByDescending(example => lengths[example])) open.Add(example, lengths[example]);
            open.CloseAllBut(RowsKeptOpen);
        }

        open.CloseAllBut(0);
        RealShare = lengths.Sum(length => (double)length) / ((double)rowLength * _rows.Count);
    }

    private PackingPlan(IReadOnlyList<int> lengths, int rowLength)
    {
        Require(lengths, rowLength);
        _rows.AddRange(Enumerable.Range(0, lengths.Count).Select(example => new[] { example }));
        RealShare = lengths.Average() / rowLength;
    }

    /// <summary>Makes a plan with one example in each row, in the order of the examples.</summary>
    /// <param name="lengths">Number of tokens of each example, 1 to <paramref name="rowLength"/>; at least one example.</param>
    /// <param name="rowLength">Positions of a row.</param>
    /// <exception cref="ArgumentException">There is no example, or one is empty or longer than a row.</exception>
    public static PackingPlan OneEach(IReadOnlyList<int> lengths, int rowLength) => new(lengths, rowLength);

    /// <summary>The examples of each row, in the order of the row.</summary>
    public IReadOnlyList<int[]> Rows => _rows;

    /// <summary>Fraction of all positions that hold a token of an example; above 0, at most 1.</summary>
    public double RealShare { get; }

    private static void Require(IReadOnlyList<int> lengths, int rowLength)
    {
        if (lengths.Count == 0) throw new ArgumentException("A plan needs at least one example.", nameof(lengths));
        foreach (var (example, length) in lengths.Index())
        {
            if (length >= 1 && length <= rowLength) continue;
            throw new ArgumentException($"Example {example} has {length} tokens; allowed: 1 to {rowLength}.", nameof(lengths));
        }
    }
}
