using Microsoft.Extensions.Hosting;

namespace Distributed.Worker.Hosting;

/// <summary>Runs a worker as a service of a generic host, and stops the host when the worker ends.</summary>
/// <param name="worker">The worker.</param>
/// <param name="lifetime">The lifetime of the host.</param>
public sealed class WorkerService(WorkerHost worker, IHostApplicationLifetime lifetime) : BackgroundService
{
    /// <summary>The error with which the worker ended; null if the coordinator ended the stream or the host was stopped.</summary>
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
            // The host was stopped.
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
