using System.Text;
using Distributed.Models.Parameters;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Forward;
using Distributed.Parallel.Segments;
using TorchSharp;

namespace Distributed.Training.Steps;

/// <summary>
/// Finds the first tensor that is not finite, after a loss or gradient norm was not finite. The order is: the weights, the activations of a
/// second forward over the same batches, the gradients. All ranks search together and agree on the earliest result, because each exchange
/// spreads such a value to other ranks.
/// </summary>
public sealed class NotFiniteSearch(ParameterSet parameters, SegmentedForward forward, ICollectives collectives)
{
    private const string Unknown = "unknown: every weight, activation and gradient is finite";

    /// <summary>Searches for the tensor. Every rank must call it and gets the same result.</summary>
    /// <param name="step">Steps committed before.</param>
    /// <param name="batches">
    /// Micro-batches, the same number on every rank. The caller may dispose each before the next one is requested.
    /// </param>
    /// <param name="gradients">Gradients of the step; null if there are none.</param>
    /// <param name="withMtp">Whether the forward includes the multi-token prediction modules.</param>
    /// <param name="head">Returns the head of a micro-batch's forward; null for the cross-entropy of the next tokens.</param>
    /// <returns>The rank and the name of the first tensor that is not finite.</returns>
    public (int Rank, string Tensor) Find(
        long step, IEnumerable<TokenBatch> batches, GradientBuffers? gradients = null, bool withMtp = true,
        Func<TokenBatch, TrunkHead?>? head = null)
    {
        if (Agree(Weights()) is { } weight) return weight;
        var micro = 0;
        foreach (var batch in batches)
        {
            using var tape = new Tape(null);
            forward.Run(tape, batch, step + 1, micro++, withMtp, head: head?.Invoke(batch));
            if (Agree(tape.Boundaries.Select(boundary => HasNotFinite(boundary.Value) ? boundary.Name : null)) is { } activation)
                return activation;
        }

        return (gradients is null ? null : Agree(Gradients(gradients))) ?? (collectives.Rank, Unknown);
    }

    private IEnumerable<string?> Weights() => parameters.All.Select(parameter => FindNotFinite(parameter, parameter.Value));

    private IEnumerable<string?> Gradients(GradientBuffers gradients) =>
        parameters.All.Select(parameter => FindNotFinite(parameter, gradients[parameter]) is { } name ? $"gradient of {name}" : null);

    // Returns the candidate with the lowest index, on the lowest rank among equals; null if no rank has a candidate.
    private (int Rank, string Tensor)? Agree(IEnumerable<string?> candidates)
    {
        var (order, name) = candidates.Select((candidate, index) => (index, candidate)).FirstOrDefault(find => find.candidate is not null);
        var finds = collectives.AllGatherBytes(Encoding.UTF8.GetBytes(name is null ? "" : $"{order:D10}{name}"));
        var best = finds.Select((bytes, rank) => (Text: Encoding.UTF8.GetString(bytes), rank)).Where(find => find.Text.Length > 0)
            .OrderBy(find => find.Text[..10], StringComparer.Ordinal).ThenBy(find => find.rank).FirstOrDefault();
        return best.Text is null ? null : (best.rank, best.Text[10..]);
    }

    private static string? FindNotFinite(Parameter parameter, torch.Tensor values)
    {
        if (!HasNotFinite(values)) return null;
        using var scope = torch.NewDisposeScope();
        return parameter.Views.First(view => HasNotFinite(view.Select(values))).Name;
    }

    private static bool HasNotFinite(torch.Tensor tensor)
    {
        using var scope = torch.NewDisposeScope();
        return tensor.is_floating_point() && !tensor.detach().isfinite().all().item<bool>();
    }
}
