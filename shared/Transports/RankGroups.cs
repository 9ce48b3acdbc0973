namespace Distributed.Transports;

/// <summary>
/// One rank's ends of the groups that it belongs to. A failure in any of them fences all, and errors name ranks as
/// the world does.
/// </summary>
/// <param name="World">All ranks.</param>
/// <param name="Experts">The ranks of its replica, which share the experts out: tokens are exchanged here.</param>
/// <param name="Replicas">The ranks that hold the same experts.</param>
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
