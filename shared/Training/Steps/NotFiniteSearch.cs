using System.Text;
using Distributed.Models.Parameters;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Forward;
using Distributed.Parallel.Segments;
using TorchSharp;

namespace Distributed.Training.Steps;

/// <summary>
/// Names the first tensor that is not finite, once a step is known to have one: first among the weights, then in the
/// order of computation of a second forward over the same batches, then among the gradients. All ranks search together
/// and agree on the earliest find, because a bad value spreads to other ranks with the next exchange.
/// </summary>
public sealed class NotFiniteSearch(ParameterSet parameters, SegmentedForward forward, ICollectives collectives)
{
    /// <summary>Never returns: throws <see cref="NotFiniteException"/> on every rank, with the same find.</summary>
    /// <param name="step">Steps committed before.</param>
    /// <param name="batches">The step's micro-batches.</param>
    /// <param name="gradients">The step's gradients.</param>
    /// <param name="what">What was seen first.</param>
    public void Throw(long step, IReadOnlyList<TokenBatch> batches, GradientBuffers gradients, string what)
    {
        Agree(step, what, parameters.All.Select((parameter, order) => (order, Bad(parameter, parameter.Value))));
        for (var micro = 0; micro < batches.Count; micro++)
        {
            using var tape = new Tape(null);
            forward.Run(tape, batches[micro], step + 1, micro);
            Agree(step, what, tape.Boundaries.Select((boundary, order) => (order, HasBad(boundary.Value) ? boundary.Name : null)));
        }

        Agree(step, what, parameters.All.Select((parameter, order) =>
            (order, Bad(parameter, gradients[parameter]) is { } name ? $"gradient of {name}" : null)));
        throw new NotFiniteException(step, collectives.Rank, "unknown: every weight, activation and gradient is finite by itself", what);
    }

    // The find of the lowest order, and of the lowest rank among equals.
    private void Agree(long step, string what, IEnumerable<(int Order, string? Name)> candidates)
    {
        var (order, name) = candidates.FirstOrDefault(candidate => candidate.Name is not null, (int.MaxValue, null));
        var finds = collectives.AllGatherBytes(Encoding.UTF8.GetBytes(name is null ? "" : $"{order:D10}{name}"));
        var best = finds.Select((bytes, rank) => (Text: Encoding.UTF8.GetString(bytes), rank)).Where(find => find.Text.Length > 0)
            .OrderBy(find => find.Text[..10], StringComparer.Ordinal).ThenBy(find => find.rank).FirstOrDefault();
        if (best.Text is not null) throw new NotFiniteException(step, best.rank, best.Text[10..], what);
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
