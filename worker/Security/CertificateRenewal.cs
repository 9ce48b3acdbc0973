using System.Security.Cryptography.X509Certificates;
using Distributed.Protocol.Security;
using Distributed.Worker.Links;
using Microsoft.Extensions.Logging;

namespace Distributed.Worker.Security;

/// <summary>
/// Keeps a worker's certificate valid while it runs.
/// <list type="number">
/// <item>With less than a week left, or a third of its life where that is less, it is renewed; <see cref="Current"/> is the new one from then on.</item>
/// <item>Where that fails, the one before stays, a warning says why, and it is tried again when a tenth of what is left has passed, or an hour.</item>
/// <item>One that has expired is renewed no more: nobody would believe whoever asks with it.</item>
/// </list>
/// Connections that are open keep what they have shown; the next ones show the new one.
/// </summary>
public sealed partial class CertificateRenewal : IAsyncDisposable
{
    /// <summary>A certificate with less than this left is renewed.</summary>
    public static readonly TimeSpan Early = TimeSpan.FromDays(7);

    private const int ShareOfLife = 3, ShareOfRest = 10;
    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1), LongestWait = TimeSpan.FromHours(1); // clocks are set, and machines sleep

    private readonly Func<TlsIdentity, CancellationToken, Task<TlsIdentity>> _renew;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _gone = new();
    private readonly Task _running;
    private volatile TlsIdentity _current;

    /// <summary>Begins.</summary>
    /// <param name="identity">What to begin with.</param>
    /// <param name="renew">Comes to another of the same name and role; throws <see cref="CoordinatorException"/> or <see cref="IOException"/> where it does not.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told of each renewal, and why there was none.</param>
    public CertificateRenewal(TlsIdentity identity, Func<TlsIdentity, CancellationToken, Task<TlsIdentity>> renew, TimeProvider time, ILogger<CertificateRenewal> logger)
    {
        (_current, _renew, _time, _logger) = (identity, renew, time, logger);
        _running = RunAsync();
    }

    /// <summary>The newest; for each connection anew.</summary>
    public TlsIdentity Current => _current;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _gone.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _gone.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (Left(_current) is var left && left > TimeSpan.Zero)
            {
                var due = DueBefore(_current.Certificate);
                var wait = left > due ? left - due : await TryAsync().ConfigureAwait(false) ? TimeSpan.Zero : left / ShareOfRest;
                if (wait > TimeSpan.Zero) await Task.Delay(Clamped(wait), _time, _gone.Token).ConfigureAwait(false);
            }

            LogExpired(_logger, _current.Certificate.Subject, _current.Certificate.NotAfter.ToUniversalTime());
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested)
        {
            // as asked
        }
    }

    private async Task<bool> TryAsync()
    {
        try
        {
            _current = await _renew(_current, _gone.Token).ConfigureAwait(false);
            LogRenewed(_logger, _current.Certificate.Subject, _current.Certificate.NotAfter.ToUniversalTime());
            return Left(_current) > DueBefore(_current.Certificate); // else it would be asked for again at once
        }
        catch (Exception error) when (error is CoordinatorException or IOException && !_gone.IsCancellationRequested)
        {
            LogFailed(_logger, _current.Certificate.Subject, Math.Round(Left(_current).TotalDays, 1), error.Message);
            return false;
        }
    }

    private TimeSpan Left(TlsIdentity identity) => identity.Certificate.NotAfter.ToUniversalTime() - _time.GetUtcNow().UtcDateTime;

    private static TimeSpan DueBefore(X509Certificate2 certificate) => Shorter(Early, (certificate.NotAfter - certificate.NotBefore) / ShareOfLife);

    private static TimeSpan Clamped(TimeSpan wait) => Shorter(wait > ShortestWait ? wait : ShortestWait, LongestWait);

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;

    [LoggerMessage(Level = LogLevel.Information, Message = "{Subject}: certificate renewed, valid until {Until:u}; the next connections show it")]
    private static partial void LogRenewed(ILogger logger, string subject, DateTime until);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Subject}: its certificate, valid for {Days} more days, is not renewed: {Reason}; tried again")]
    private static partial void LogFailed(ILogger logger, string subject, double days, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Subject}: its certificate expired on {Until:u}; start this worker again with a token: no new connection will be let in")]
    private static partial void LogExpired(ILogger logger, string subject, DateTime until);
}
