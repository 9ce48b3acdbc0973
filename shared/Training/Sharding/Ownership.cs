using Distributed.Models.Parameters;
using Distributed.Parallel.Sharding;

namespace Distributed.Training.Sharding;

/// <summary>
/// Which rank answers for which parameter. One that every rank holds has one owner, who counts it in the gradient norm
/// and writes it to checkpoints; an expert is owned where it lives. With ZeRO stage 1 only owners update, and keep master
/// weights and optimizer state; without, every rank updates what it holds.
/// </summary>
public sealed class Ownership
{
    private readonly Dictionary<Parameter, int> _owners;
    private readonly int _rank, _ranks;
    private readonly bool _zero;

    /// <param name="parameters">The network's on this rank; those of no expert are the same on every rank.</param>
    /// <param name="rank">This rank.</param>
    /// <param name="ranks">Ranks of the group.</param>
    /// <param name="zero">Whether only owners update.</param>
    public Ownership(ParameterSet parameters, int rank, int ranks, bool zero)
    {
        (_rank, _ranks, _zero) = (rank, ranks, zero);
        var dense = parameters.All.Where(parameter => !parameter.IsExpert).ToArray();
        var owners = WholeTensorOwners.Assign([.. dense.Select(parameter => parameter.Count)], ranks);
        _owners = dense.Zip(owners).ToDictionary(pair => pair.First, pair => pair.Second);
        Dense = [.. dense.OrderBy(parameter => _owners[parameter])]; // a stable sort
        Owned = [.. parameters.All.Where(Owns)];
        Updated = [.. parameters.All.Where(Updates)];
    }

    /// <summary>Whether updated weights have to be gathered from their owners.</summary>
    public bool Shards => _zero && _ranks > 1;

    /// <summary>The parameters that every rank holds, by owner, so that an owner's lie together.</summary>
    public IReadOnlyList<Parameter> Dense { get; }

    /// <summary>What this rank counts and writes.</summary>
    public IReadOnlyList<Parameter> Owned { get; }

    /// <summary>What this rank updates.</summary>
    public IReadOnlyList<Parameter> Updated { get; }

    /// <summary>Whether this rank counts and writes a parameter.</summary>
    public bool Owns(Parameter parameter) => parameter.IsExpert || _owners[parameter] == _rank;

    /// <summary>Whether this rank updates a parameter.</summary>
    public bool Updates(Parameter parameter) => !Shards || Owns(parameter);

    /// <summary>Elements of each rank's stretch of <see cref="Dense"/>, or of those of it that fulfil a condition.</summary>
    public long[] Counts(Func<Parameter, bool>? condition = null)
    {
        var counts = new long[_ranks];
        foreach (var parameter in Dense)
            if (condition?.Invoke(parameter) ?? true) counts[_owners[parameter]] += parameter.Count;
        return counts;
    }
}
