using Distributed.Models.Parameters;
using Distributed.Parallel.Sharding;

namespace Distributed.Training.Sharding;

/// <summary>
/// Parameters that every rank of a group holds alike. Each has one owner among the ranks, who counts it in the gradient norm
/// and writes it to checkpoints. With ZeRO stage 1 only owners update, and keep master weights and optimizer state;
/// without, every rank does.
/// </summary>
public sealed class SharedParameters
{
    private readonly Dictionary<Parameter, int> _owners;
    private readonly int _rank;

    /// <param name="parameters">The parameters.</param>
    /// <param name="rank">This rank within the group.</param>
    /// <param name="ranks">Ranks of the group.</param>
    /// <param name="zero">Whether only owners update.</param>
    public SharedParameters(IEnumerable<Parameter> parameters, int rank, int ranks, bool zero)
    {
        (_rank, Ranks, Shards) = (rank, ranks, zero && ranks > 1);
        Parameter[] all = [.. parameters];
        var owners = WholeTensorOwners.Assign([.. all.Select(parameter => parameter.Count)], ranks);
        _owners = all.Zip(owners).ToDictionary(pair => pair.First, pair => pair.Second);
        ByOwner = [.. all.OrderBy(parameter => _owners[parameter])]; // a stable sort
    }

    /// <summary>Ranks of the group.</summary>
    public int Ranks { get; }

    /// <summary>Whether updated weights have to be gathered from their owners.</summary>
    public bool Shards { get; }

    /// <summary>All of them, an owner's together.</summary>
    public IReadOnlyList<Parameter> ByOwner { get; }

    /// <summary>Whether this rank counts and writes one of them.</summary>
    public bool Owns(Parameter parameter) => _owners[parameter] == _rank;

    /// <summary>Whether this rank updates one of them.</summary>
    public bool Updates(Parameter parameter) => !Shards || Owns(parameter);

    /// <summary>Elements of each rank's stretch of <see cref="ByOwner"/>, or of those of it that fulfil a condition.</summary>
    public long[] Counts(Func<Parameter, bool>? condition = null)
    {
        var counts = new long[Ranks];
        foreach (var parameter in ByOwner)
            if (condition?.Invoke(parameter) ?? true) counts[_owners[parameter]] += parameter.Count;
        return counts;
    }
}
