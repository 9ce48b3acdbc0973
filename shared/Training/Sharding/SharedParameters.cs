using Distributed.Models.Parameters;
using Distributed.Parallel.Sharding;

namespace Distributed.Training.Sharding;

/// <summary>
/// Parameters that every rank of a group holds. Each has one owner among the ranks, which counts it in the gradient norm and writes it to
/// checkpoints. With ZeRO stage 1, only the owner updates a parameter and keeps its master weights and optimizer state; without ZeRO, every
/// rank does.
/// </summary>
public sealed class SharedParameters
{
    private readonly Dictionary<Parameter, int> _owners;
    private readonly int _rank;

    /// <param name="parameters">The parameters.</param>
    /// <param name="rank">This rank in the group, from 0.</param>
    /// <param name="ranks">Number of ranks of the group.</param>
    /// <param name="zero">Whether only owners update.</param>
    public SharedParameters(IEnumerable<Parameter> parameters, int rank, int ranks, bool zero)
    {
        (_rank, Ranks, IsSharded) = (rank, ranks, zero && ranks > 1);
        Parameter[] all = [.. parameters];
        var owners = WholeTensorOwners.Assign([.. all.Select(parameter => parameter.Count)], ranks);
        _owners = all.Zip(owners).ToDictionary(pair => pair.First, pair => pair.Second);
        ByOwner = [.. all.OrderBy(parameter => _owners[parameter])]; // a stable sort
    }

    /// <summary>Number of ranks of the group.</summary>
    public int Ranks { get; }

    /// <summary>Whether only owners update, so that updated weights must be gathered.</summary>
    public bool IsSharded { get; }

    /// <summary>All parameters, ordered by owner.</summary>
    public IReadOnlyList<Parameter> ByOwner { get; }

    /// <summary>Whether this rank owns a parameter.</summary>
    public bool Owns(Parameter parameter) => _owners[parameter] == _rank;

    /// <summary>Whether this rank updates a parameter.</summary>
    public bool Updates(Parameter parameter) => !IsSharded || Owns(parameter);

    /// <summary>Returns, by rank, the number of elements of the parameters that it owns.</summary>
    /// <param name="condition">Selects the parameters to count; null counts all.</param>
    public long[] Counts(Func<Parameter, bool>? condition = null)
    {
        var counts = new long[Ranks];
        foreach (var parameter in ByOwner)
            if (condition?.Invoke(parameter) ?? true) counts[_owners[parameter]] += parameter.Count;
        return counts;
    }
}
