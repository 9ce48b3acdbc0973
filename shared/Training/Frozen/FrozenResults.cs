using Distributed.Parallel.Forward;

namespace Distributed.Training.Frozen;

/// <summary>Results of a frozen network by micro-batch, from the beginning of a step to that of the next one.</summary>
/// <typeparam name="T">The result of one micro-batch.</typeparam>
internal sealed class FrozenResults<T> : IDisposable
    where T : IDisposable
{
    private readonly Dictionary<TokenBatch, T> _results = [];

    /// <summary>Replaces the results by those of other micro-batches.</summary>
    /// <param name="batches">The micro-batches.</param>
    /// <param name="compute">Computes the result of a micro-batch, given its index.</param>
    public void Compute(IReadOnlyList<TokenBatch> batches, Func<TokenBatch, int, T> compute)
    {
        Dispose();
        for (var index = 0; index < batches.Count; index++) _results.Add(batches[index], compute(batches[index], index));
    }

    /// <summary>The result of a micro-batch.</summary>
    /// <exception cref="InvalidOperationException">The step did not begin with this micro-batch.</exception>
    public T Of(TokenBatch batch) => _results.TryGetValue(batch, out var result)
        ? result : throw new InvalidOperationException("The frozen network has not seen this micro-batch.");

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var result in _results.Values) result.Dispose();
        _results.Clear();
    }
}
