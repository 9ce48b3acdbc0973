using Distributed.Models.Parameters;

namespace Distributed.Training.Sharding;

/// <summary>A rank's index in a group of ranks that hold the same parameters.</summary>
/// <param name="Rank">Rank in the group, from 0.</param>
/// <param name="Ranks">Number of ranks of the group, at least 1.</param>
public readonly record struct GroupRank(int Rank, int Ranks);

/// <summary>
/// Assigns an owner to each parameter. Experts are owned by one of the ranks that hold the same experts, all other parameters by one of all
/// ranks.
/// </summary>
public sealed class Ownership
{
    /// <param name="parameters">The parameters of the network on this rank.</param>
    /// <param name="world">This rank among all ranks.</param>
    /// <param name="replicas">This rank among the ranks that hold the same experts.</param>
    /// <param name="zero">Whether only owners update (ZeRO stage 1, Rajbhandari et al. 2020, section 5.1).</param>
    public Ownership(ParameterSet parameters, GroupRank world, GroupRank replicas, bool zero)
    {
        Dense = new SharedParameters(parameters.All.Where(parameter => !parameter.IsExpert), world.Rank, world.Ranks, zero);
        Experts = new SharedParameters(parameters.All.Where(parameter => parameter.IsExpert), replicas.Rank, replicas.Ranks, zero);
        Owned = [.. parameters.All.Where(Owns)];
        Updated = [.. parameters.All.Where(Updates)];
    }

    /// <summary>The parameters that every rank holds.</summary>
    public SharedParameters Dense { get; }

    /// <summary>The experts of this rank, which the same rank of each replica also holds.</summary>
    public SharedParameters Experts { get; }

    /// <summary>The parameters that this rank owns: it counts their gradients in the norm and writes them to checkpoints.</summary>
    public IReadOnlyList<Parameter> Owned { get; }

    /// <summary>The parameters that this rank updates.</summary>
    public IReadOnlyList<Parameter> Updated { get; }

    /// <summary>Whether this rank owns a parameter.</summary>
    public bool Owns(Parameter parameter) => Group(parameter).Owns(parameter);

    /// <summary>Whether this rank updates a parameter.</summary>
    public bool Updates(Parameter parameter) => Group(parameter).Updates(parameter);

    private SharedParameters Group(Parameter parameter) => parameter.IsExpert ? Experts : Dense;
}
