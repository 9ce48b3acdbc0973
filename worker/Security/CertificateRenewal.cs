using System.Security.Cryptography.X509Certificates;
using Distributed.Protocol.Security;
using Distributed.Worker.Links;
using Microsoft.Extensions.Logging;

namespace Distributed.Worker.Security;

/// <summary>
/// Keeps a worker's certificate valid while the worker runs.
/// <list type="number">
/// <item>A certificate with less than a week left, or less than a third of its lifetime if that is shorter, is renewed.
/// <see cref="Current"/> returns the new one from then on.</item>
/// <item>If a renewal fails, the certificate stays in use, a warning gives the reason, and the renewal is retried after a tenth of the
/// remaining time, or after an hour if that is shorter.</item>
/// <item>An expired certificate is not renewed: the coordinator would refuse the request.</item>
/// </list>
/// Open connections keep the certificate that they presented; later connections present the new one.
/// </summary>
public sealed partial class CertificateRenewal : IAsyncDisposable
{
    /// <summary>Remaining lifetime below which a certificate is renewed.</summary>
    public static readonly TimeSpan RenewBefore = TimeSpan.FromDays(7);

    private const int ShareOfLife = 3, ShareOfRest = 10;
    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1); // clocks are adjusted, and machines sleep

    private readonly Func<TlsIdentity, CancellationToken, Task<TlsIdentity>> _renew;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _shutdown = new();
    private readonly Task _running;
    private volatile TlsIdentity _current;

    /// <summary>Starts the renewal.</summary>
    /// <param name="identity">The first identity.</param>
    /// <param name="renew">
    /// Returns a new identity of the same name and role; throws <see cref="CoordinatorException"/> or <see cref="IOException"/> on failure.
    /// </param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Logs each renewal and each failed attempt.</param>
    public CertificateRenewal(TlsIdentity identity, Func<TlsIdentity, CancellationToken, Task<TlsIdentity>> renew, TimeProvider time,
        ILogger<CertificateRenewal> logger)
    {
        (_current, _renew, _time, _logger) = (identity, renew, time, logger);
        _running = RunAsync();
    }

    /// <summary>The newest identity; read it for each connection.</summary>
    public TlsIdentity Current => _current;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _shutdown.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _shutdown.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (RemainingLifetime(_current) is var left && left > TimeSpan.Zero)
            {
                var due = DueBefore(_current.Certificate);
                var wait = left > due ? left - due : await TryAsync().ConfigureAwait(false) ? TimeSpan.Zero : left / ShareOfRest;
                if (wait > TimeSpan.Zero) await Task.Delay(Clamped(wait), _time, _shutdown.Token).ConfigureAwait(false);
            }

            LogExpired(_logger, _current.Certificate.Subject, _current.Certificate.NotAfter.ToUniversalTime());
        }
        catch (OperationCanceledException) when (_shutdown.IsCancellationRequested)
        {
            // The renewal is being disposed.
        }
    }

    private async Task<bool> TryAsync()
    {
        try
        {
            _current = await _renew(_current, _shutdown.Token).ConfigureAwait(false);
            LogRenewed(_logger, _current.Certificate.Subject, _current.Certificate.NotAfter.ToUniversalTime());
            return RemainingLifetime(_current) > DueBefore(_current.Certificate); // otherwise it is due again at once
        }
        catch (Exception error) when (error is CoordinatorException or IOException && !_shutdown.IsCancellationRequested)
        {
            LogFailed(_logger, _current.Certificate.Subject, Math.Round(RemainingLifetime(_current).TotalDays, 1), error.Message);
            return false;
        }
    }

    private TimeSpan RemainingLifetime(TlsIdentity identity) =>
        identity.Certificate.NotAfter.ToUniversalTime() - _time.GetUtcNow().UtcDateTime;

    private static TimeSpan DueBefore(X509Certificate2 certificate) =>
        Shorter(RenewBefore, (certificate.NotAfter - certificate.NotBefore) / ShareOfLife);

    private static TimeSpan Clamped(TimeSpan wait) => Shorter(wait > ShortestWait ? wait : ShortestWait, LongestWait);

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "{Subject}: certificate renewed, valid until {Until:u}; new connections present it")]
    private static partial void LogRenewed(ILogger logger, string subject, DateTime until);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Subject}: its certificate, valid for {Days} more days, could not be renewed: {Reason}. Retrying.")]
    private static partial void LogFailed(ILogger logger, string subject, double days, string reason);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "{Subject}: its certificate expired on {Until:u}; new connections are refused. Restart this worker with a token.")]
    private static partial void LogExpired(ILogger logger, string subject, DateTime until);
}
