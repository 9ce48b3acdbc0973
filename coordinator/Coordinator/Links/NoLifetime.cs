using Microsoft.Extensions.Hosting;

namespace Distributed.Coordinator.Links;

/// <summary>Signals are the program's business: this host neither waits for them nor swallows them.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
