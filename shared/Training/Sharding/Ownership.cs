using Distributed.Models.Parameters;

namespace Distributed.Training.Sharding;

/// <summary>A rank's place in a group of ranks that hold some parameters alike.</summary>
/// <param name="Rank">From 0.</param>
/// <param name="Ranks">At least 1.</param>
public readonly record struct GroupPlace(int Rank, int Ranks);

/// <summary>
/// Which rank answers for which parameter: experts are shared by the ranks that hold copies of them, all others by all ranks.
/// </summary>
public sealed class Ownership
{
    /// <param name="parameters">The network's on this rank.</param>
    /// <param name="world">This rank among all.</param>
    /// <param name="replicas">This rank among those that hold the same experts.</param>
    /// <param name="zero">Whether only owners update (ZeRO stage 1, Rajbhandari et al. 2020, section 5.1).</param>
    public Ownership(ParameterSet parameters, GroupPlace world, GroupPlace replicas, bool zero)
    {
        Dense = new SharedParameters(parameters.All.Where(parameter => !parameter.IsExpert), world.Rank, world.Ranks, zero);
        Experts = new SharedParameters(parameters.All.Where(parameter => parameter.IsExpert), replicas.Rank, replicas.Ranks, zero);
        Owned = [.. parameters.All.Where(Owns)];
        Updated = [.. parameters.All.Where(Updates)];
    }

    /// <summary>What every rank holds.</summary>
    public SharedParameters Dense { get; }

    /// <summary>What only the replicas of this rank's experts hold.</summary>
    public SharedParameters Experts { get; }

    /// <summary>What this rank counts and writes.</summary>
    public IReadOnlyList<Parameter> Owned { get; }

    /// <summary>What this rank updates.</summary>
    public IReadOnlyList<Parameter> Updated { get; }

    /// <summary>Whether this rank counts and writes a parameter.</summary>
    public bool Owns(Parameter parameter) => Group(parameter).Owns(parameter);

    /// <summary>Whether this rank updates a parameter.</summary>
    public bool Updates(Parameter parameter) => Group(parameter).Updates(parameter);

    private SharedParameters Group(Parameter parameter) => parameter.IsExpert ? Experts : Dense;
}
