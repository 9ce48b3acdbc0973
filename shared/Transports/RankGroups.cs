namespace Distributed.Transports;

/// <summary>
/// One rank's ends of the groups that it belongs to. An abort in any of them fences all of them. Errors name ranks by world rank.
/// </summary>
/// <param name="World">The exchange of all ranks.</param>
/// <param name="Experts">The exchange of the ranks of one replica, which share its experts; it carries tokens.</param>
/// <param name="Replicas">The exchange of the ranks that hold the same experts.</param>
public sealed record RankGroups(IExchange World, IExchange Experts, IExchange Replicas) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Experts.Dispose();
        Replicas.Dispose();
        World.Dispose();
    }
}
