using Microsoft.Extensions.Hosting;

namespace Distributed.Coordinator.Links;

/// <summary>Host lifetime that does not handle signals: the program handles them.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
