using System.Text;
using Distributed.Models.Parameters;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Forward;
using Distributed.Parallel.Segments;
using TorchSharp;

namespace Distributed.Training.Steps;

/// <summary>
/// Finds the first tensor that is not finite, once a loss is known not to be: first among the weights, then in the
/// order of computation of a second forward over the same batches, then among the gradients. All ranks search together
/// and agree on the earliest find, because a bad value spreads to other ranks with the next exchange.
/// </summary>
public sealed class NotFiniteSearch(ParameterSet parameters, SegmentedForward forward, ICollectives collectives)
{
    private const string Unknown = "unknown: every weight, activation and gradient is finite by itself";

    /// <summary>Searches; every rank gets the same answer.</summary>
    /// <param name="step">Steps committed before.</param>
    /// <param name="batches">Micro-batches, as many on every rank; disposed by the caller, each before the next is asked for.</param>
    /// <param name="gradients">The step's gradients; null where there are none.</param>
    /// <param name="withMtp">Whether the forward has the modules for multi-token prediction.</param>
    public (int Rank, string Tensor) Find(long step, IEnumerable<TokenBatch> batches, GradientBuffers? gradients = null, bool withMtp = true)
    {
        if (Agree(Weights()) is { } weight) return weight;
        var micro = 0;
        foreach (var batch in batches)
        {
            using var tape = new Tape(null);
            forward.Run(tape, batch, step + 1, micro++, withMtp);
            if (Agree(tape.Boundaries.Select(boundary => HasBad(boundary.Value) ? boundary.Name : null)) is { } activation) return activation;
        }

        return (gradients is null ? null : Agree(Gradients(gradients))) ?? (collectives.Rank, Unknown);
    }

    private IEnumerable<string?> Weights() => parameters.All.Select(parameter => Bad(parameter, parameter.Value));

    private IEnumerable<string?> Gradients(GradientBuffers gradients) =>
        parameters.All.Select(parameter => Bad(parameter, gradients[parameter]) is { } name ? $"gradient of {name}" : null);

    // The find of the lowest order, and of the lowest rank among equals; null where no rank has one.
    private (int Rank, string Tensor)? Agree(IEnumerable<string?> candidates)
    {
        var (order, name) = candidates.Select((candidate, index) => (index, candidate)).FirstOrDefault(find => find.candidate is not null);
        var finds = collectives.AllGatherBytes(Encoding.UTF8.GetBytes(name is null ? "" : $"{order:D10}{name}"));
        var best = finds.Select((bytes, rank) => (Text: Encoding.UTF8.GetString(bytes), rank)).Where(find => find.Text.Length > 0)
            .OrderBy(find => find.Text[..10], StringComparer.Ordinal).ThenBy(find => find.rank).FirstOrDefault();
        return best.Text is null ? null : (best.rank, best.Text[10..]);
    }

    private static string? Bad(Parameter parameter, torch.Tensor values)
    {
        if (!HasBad(values)) return null;
        using var scope = torch.NewDisposeScope();
        return parameter.Views.First(view => HasBad(view.Select(values))).Name;
    }

    private static bool HasBad(torch.Tensor tensor)
    {
        using var scope = torch.NewDisposeScope();
        return tensor.is_floating_point() && !tensor.detach().isfinite().all().item<bool>();
    }
}
