using Microsoft.Extensions.Hosting;

namespace Distributed.Worker.Hosting;

/// <summary>A worker as a service of a generic host, which ends with it.</summary>
/// <param name="worker">The worker.</param>
/// <param name="lifetime">The host's.</param>
public sealed class WorkerService(WorkerHost worker, IHostApplicationLifetime lifetime) : BackgroundService
{
    /// <summary>How it ended: null where the coordinator had nothing more to say, or the host was stopped.</summary>
    public Exception? Error { get; private set; }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await worker.RunAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // as asked
        }
        catch (Exception error)
        {
            Error = error;
        }
        finally
        {
            lifetime.StopApplication();
        }
    }
}
