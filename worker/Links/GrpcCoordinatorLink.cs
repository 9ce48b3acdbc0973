using System.Threading.Channels;
using Distributed.Protocol;
using Distributed.Worker.Faults;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace Distributed.Worker.Links;

/// <summary>
/// A worker's end of its stream with the coordinator over gRPC. It connects at the first <c>Hello</c> and sends beats while it is
/// connected. If the connection breaks or the coordinator is not running yet, it connects again: at once, then after 20 ms to 1 s, rising
/// and with jitter, until <see cref="CoordinatorLinkOptions.ReconnectTimeout"/> has passed. Both sides then resend what the other has not
/// received.
/// </summary>
public sealed partial class GrpcCoordinatorLink : ICoordinatorLink, IConnectionFaults
{
    private const int BeatsOfAClaim = 10; // two leases: by then another stream of this name has ended, or belongs to another worker
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(20), LongestWait = TimeSpan.FromSeconds(1);

    private readonly CoordinatorLinkOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CoordinatorSession _session;
    private readonly CancellationTokenSource _shutdown = new();
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;
    private CancellationTokenSource _connection = new();
    private long? _claimed;
    private volatile bool _missed; // a connection attempt has failed
    private int _overflowed, _disposed;

    /// <summary>Creates a link that waits for the first <c>Hello</c>.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Logs connections that break or are established.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public GrpcCoordinatorLink(CoordinatorLinkOptions options, TimeProvider time, ILogger<GrpcCoordinatorLink> logger)
    {
        var errors = options.Validate().ToArray();
        if (errors.Length > 0) throw new ArgumentException(string.Join(' ', errors), nameof(options));
        (_options, _time, _logger) = (options, time, logger);
        _session = new CoordinatorSession(options.KeptEvents, time);
        _running = RunAsync();
    }

    /// <inheritdoc/>
    public ChannelReader<WorkerCommand> Commands => _session.Commands;

    /// <inheritdoc/>
    public RejoinState RejoinState { get => _session.RejoinState; set => _session.RejoinState = value; }

    /// <inheritdoc/>
    public TimeSpan Silence => _session.Silence;

    /// <summary>Number of events that were dropped because too many were sent while the coordinator was unreachable.</summary>
    public long Dropped => _session.Events.Dropped;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The first event is not a <c>Hello</c>.</exception>
    public void Send(WorkerEvent message)
    {
        if (message.EventCase == WorkerEvent.EventOneofCase.Hello)
        {
            _session.Begin(message.Hello);
            _begun.TrySetResult();
            return;
        }

        if (message.EventCase == WorkerEvent.EventOneofCase.Leaving) _session.IsAskedToLeave = true;
        if (!_begun.Task.IsCompleted) throw new InvalidOperationException("The first event of a worker must be a Hello.");
        var overflow = _session.Events.Add(number =>
        {
            message.Sequence = number;
            return message;
        });
        if (overflow && Interlocked.Exchange(ref _overflowed, 1) == 0) LogOverflow(_logger, _options.Address, _options.KeptEvents);
        _session.ToWrite.Set();
    }

    /// <inheritdoc/>
    public void Cut()
    {
        try
        {
            Volatile.Read(ref _connection).Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The connection has ended already.
        }
    }

    /// <inheritdoc/>
    public void Partition(TimeSpan length) => _session.Partition(length);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _session.Leave();
        try
        {
            // Without a coordinator there is no stream to end in order.
            if (_begun.Task.IsCompleted && (_session.HasJoined || !_missed))
                await _running.WaitAsync(_options.LeaveTimeout, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The coordinator detects the cancelled call.
        }

        await _shutdown.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _shutdown.Dispose();
        _connection.Dispose();
    }

    private async Task RunAsync()
    {
        Exception? reason = null;
        try
        {
            await _begun.Task.WaitAsync(_shutdown.Token).ConfigureAwait(false);
            var retries = Retries();
            while (await retries.ExecuteAsync(RunConnectionAsync, _shutdown.Token).ConfigureAwait(false))
            {
                // The connection lasted for a while: the waits start again from the shortest.
            }
        }
        catch (OperationCanceledException) when (_shutdown.IsCancellationRequested)
        {
            // The link is being disposed.
        }
        catch (CoordinatorException mistaken)
        {
            reason = mistaken;
        }
        catch (Exception error) when (StreamError.IsDistrusted(error))
        {
            reason = new CoordinatorException($"Cannot join the coordinator at {_options.Address}: {StreamError.Describe(error)}", error);
        }
        catch (Exception error) when (StreamError.IsRefusal(error) || StreamError.IsClaimed(error))
        {
            reason = new CoordinatorException(
                $"The coordinator at {_options.Address} refuses this worker: {StreamError.Describe(error)}", error);
        }
        catch (Exception error)
        {
            reason = new CoordinatorException(
                $"The coordinator at {_options.Address} cannot be reached{(_session.HasJoined ? " any more" : "")}: "
                + $"tried for {_session.Silence.TotalSeconds:0.#} s: {Describe(error).TrimEnd('.')}. "
                + "`serve` prints the address for workers.",
                error);
        }

        _session.End(reason);
    }

    // Returns whether to connect again.
    private async ValueTask<bool> RunConnectionAsync(CancellationToken cancellation)
    {
        using var channel = CoordinatorChannel.Open(_options.Address, _options.CurrentIdentity?.Invoke() ?? _options.Tls, _time);
        var stream = new CoordinatorStream(_session, _options, _time, () => LogJoined(_logger, _options.Address));
        using var connection = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Volatile.Write(ref _connection, connection);
        try
        {
            await stream.RunAsync(new Control.ControlClient(channel), connection.Token).ConfigureAwait(false);
            return false;
        }
        catch (Exception error) when (_session.IsDismissed && StreamError.IsConnectionError(error))
        {
            return false; // the connection broke after the dismissal
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            LogBroken(_logger, _options.Address, "an injected fault cut it");
            return true;
        }
        catch (Exception error) when (StreamError.IsConnectionError(error) && !StreamError.IsRefusal(error) && stream.Age > LongestWait)
        {
            LogBroken(_logger, _options.Address, StreamError.Describe(error));
            return true;
        }
        catch (Exception error) when (StreamError.IsProtocolError(error) && !_session.HasJoined && _options.Address.Endpoint is not null)
        {
            if (await PortProbe.MismatchAsync(_options.Address.Endpoint, cancellation).ConfigureAwait(false) is not { } mismatch) throw;
            throw new CoordinatorException($"Cannot join the coordinator at {_options.Address}: {mismatch}.", error);
        }
        finally
        {
            if (stream.Age > TimeSpan.Zero) _claimed = null; // the coordinator has admitted this worker under its name since
        }
    }

    private ResiliencePipeline Retries() => new ResiliencePipelineBuilder { TimeProvider = _time }
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<Exception>(IsWorthAnotherTry),
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = FirstWait,
            MaxDelay = LongestWait,
            OnRetry = retry =>
            {
                if (!_missed && !_session.HasJoined)
                    LogMissed(_logger, _options.Address, Describe(retry.Outcome.Exception!), _options.ReconnectTimeout);
                _missed = true;
                LogRetry(_logger, _options.Address, retry.AttemptNumber + 1, StreamError.Describe(retry.Outcome.Exception!));
                return default;
            },
        }).Build();

    // The system's message for a missing socket file is about addresses.
    private string Describe(Exception error) =>
        _options.Address.SocketPath is { } path && !File.Exists(path) ? $"there is no socket {path}" : StreamError.Describe(error);

    private bool IsWorthAnotherTry(Exception error)
    {
        if (!StreamError.IsConnectionError(error) || StreamError.IsRefusal(error) || _session.Silence >= _options.ReconnectTimeout)
            return false;
        if (!StreamError.IsClaimed(error))
        {
            _claimed = null;
            return true;
        }

        _claimed ??= _time.GetTimestamp();
        return _time.GetElapsedTime(_claimed.Value) < _options.BeatInterval * BeatsOfAClaim;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Coordinator {Address}: the connection broke: {Problem}; reconnecting")]
    private static partial void LogBroken(ILogger logger, CoordinatorAddress address, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Coordinator {Address}: not reached yet: {Problem}; retrying for up to {Patience}")]
    private static partial void LogMissed(ILogger logger, CoordinatorAddress address, string problem, TimeSpan patience);

    [LoggerMessage(Level = LogLevel.Information, Message = "Coordinator {Address}: joined")]
    private static partial void LogJoined(ILogger logger, CoordinatorAddress address);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Coordinator {Address}: attempt {Attempt}: {Problem}")]
    private static partial void LogRetry(ILogger logger, CoordinatorAddress address, int attempt, string problem);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Coordinator {Address}: more than {Kept} events are not acknowledged; the oldest are dropped from now on")]
    private static partial void LogOverflow(ILogger logger, CoordinatorAddress address, int kept);
}
