using System.Threading.Channels;
using Distributed.Protocol;
using Distributed.Worker.Faults;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace Distributed.Worker.Links;

/// <summary>
/// A worker's end of its stream with the coordinator over gRPC. It connects with the first <c>Hello</c>, beats as long as it is connected, and
/// connects again where the connection breaks or the coordinator is not there yet: at once, then after 20 ms to 1 s, rising and with jitter,
/// until <see cref="CoordinatorLinkOptions.Patience"/> is over. Both sides then send again what the other has not had.
/// </summary>
public sealed partial class GrpcCoordinatorLink : ICoordinatorLink, IConnectionFaults
{
    private const int BeatsOfAClaim = 10; // two leases: a stream of the same name is over by then, or another worker's
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(20), LongestWait = TimeSpan.FromSeconds(1);

    private readonly CoordinatorLinkOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CoordinatorSession _conversation;
    private readonly CancellationTokenSource _gone = new();
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;
    private CancellationTokenSource _connection = new();
    private long? _claimed;
    private volatile bool _missed; // a connection was tried in vain
    private int _overflowed, _disposed;

    /// <summary>Ready for the first <c>Hello</c>.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told of connections that break and come back.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public GrpcCoordinatorLink(CoordinatorLinkOptions options, TimeProvider time, ILogger<GrpcCoordinatorLink> logger)
    {
        var errors = options.Validate().ToArray();
        if (errors.Length > 0) throw new ArgumentException(string.Join(' ', errors), nameof(options));
        (_options, _time, _logger) = (options, time, logger);
        _conversation = new CoordinatorSession(options.KeptEvents, time);
        _running = RunAsync();
    }

    /// <inheritdoc/>
    public ChannelReader<WorkerCommand> Commands => _conversation.Commands;

    /// <inheritdoc/>
    public WorkerStanding Standing { get => _conversation.Standing; set => _conversation.Standing = value; }

    /// <inheritdoc/>
    public TimeSpan Silence => _conversation.Silence;

    /// <summary>Events that were dropped because the coordinator was away for too many of them.</summary>
    public long Dropped => _conversation.Events.Dropped;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The first event is no <c>Hello</c>.</exception>
    public void Send(WorkerEvent message)
    {
        if (message.EventCase == WorkerEvent.EventOneofCase.Hello)
        {
            _conversation.Begin(message.Hello);
            _begun.TrySetResult();
            return;
        }

        if (message.EventCase == WorkerEvent.EventOneofCase.Leaving) _conversation.IsAskedToLeave = true;
        if (!_begun.Task.IsCompleted) throw new InvalidOperationException("A worker's first event is a Hello.");
        var overflow = _conversation.Events.Add(number =>
        {
            message.Sequence = number;
            return message;
        });
        if (overflow && Interlocked.Exchange(ref _overflowed, 1) == 0) LogOverflow(_logger, _options.Address, _options.KeptEvents);
        _conversation.ToWrite.Set();
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
            // It is broken as it is.
        }
    }

    /// <inheritdoc/>
    public void Partition(TimeSpan length) => _conversation.Part(length);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _conversation.Leave();
        try
        {
            // Of a coordinator that never was there nobody takes leave.
            if (_begun.Task.IsCompleted && (_conversation.Met || !_missed)) await _running.WaitAsync(_options.Farewell, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It is told by the call's being broken off.
        }

        await _gone.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _gone.Dispose();
        _connection.Dispose();
    }

    private async Task RunAsync()
    {
        Exception? error = null;
        try
        {
            await _begun.Task.WaitAsync(_gone.Token).ConfigureAwait(false);
            var retries = Retries();
            while (await retries.ExecuteAsync(CarryAsync, _gone.Token).ConfigureAwait(false))
            {
                // It was good for a while: the waits begin anew.
            }
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested)
        {
            // as asked
        }
        catch (CoordinatorException mistaken)
        {
            error = mistaken;
        }
        catch (Exception fault) when (StreamFault.IsDistrusted(fault))
        {
            error = new CoordinatorException($"The coordinator at {_options.Address} is not joined: {StreamFault.Words(fault)}", fault);
        }
        catch (Exception fault) when (StreamFault.IsRefusal(fault) || StreamFault.IsClaimed(fault))
        {
            error = new CoordinatorException($"The coordinator at {_options.Address} refuses this worker: {StreamFault.Words(fault)}", fault);
        }
        catch (Exception fault)
        {
            error = new CoordinatorException(
                $"The coordinator at {_options.Address} is not reached{(_conversation.Met ? " any more" : "")}: tried for {_conversation.Silence.TotalSeconds:0.#} s: {Words(fault).TrimEnd('.')}. `serve` prints the address for workers.", fault);
        }

        _conversation.End(error);
    }

    // Whether to connect again.
    private async ValueTask<bool> CarryAsync(CancellationToken cancellation)
    {
        using var channel = CoordinatorChannel.Open(_options.Address, _options.Renewed?.Invoke() ?? _options.Tls, _time);
        var stream = new CoordinatorStream(_conversation, _options, _time, () => LogJoined(_logger, _options.Address));
        using var connection = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Volatile.Write(ref _connection, connection);
        try
        {
            await stream.CarryAsync(new Control.ControlClient(channel), connection.Token).ConfigureAwait(false);
            return false;
        }
        catch (Exception fault) when (_conversation.Dismissed && StreamFault.Is(fault))
        {
            return false; // it broke after the last word
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            LogBroken(_logger, _options.Address, "it was cut on purpose");
            return true;
        }
        catch (Exception fault) when (StreamFault.Is(fault) && !StreamFault.IsRefusal(fault) && stream.Age > LongestWait)
        {
            LogBroken(_logger, _options.Address, StreamFault.Words(fault));
            return true;
        }
        catch (Exception fault) when (StreamFault.IsOfProtocol(fault) && !_conversation.Met && _options.Address.Endpoint is not null)
        {
            if (await PortProbe.MismatchAsync(_options.Address.Endpoint, cancellation).ConfigureAwait(false) is not { } mismatch) throw;
            throw new CoordinatorException($"The coordinator at {_options.Address} is not joined: {mismatch}.", fault);
        }
        finally
        {
            if (stream.Age > TimeSpan.Zero) _claimed = null; // the name was this worker's since
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
                if (!_missed && !_conversation.Met) LogMissed(_logger, _options.Address, Words(retry.Outcome.Exception!), _options.Patience);
                _missed = true;
                LogRetry(_logger, _options.Address, retry.AttemptNumber + 1, StreamFault.Words(retry.Outcome.Exception!));
                return default;
            },
        }).Build();

    // The system's word for a socket that is not there is about addresses.
    private string Words(Exception fault) => _options.Address.SocketPath is { } path && !File.Exists(path) ? $"there is no socket {path}" : StreamFault.Words(fault);

    private bool IsWorthAnotherTry(Exception error)
    {
        if (!StreamFault.Is(error) || StreamFault.IsRefusal(error) || _conversation.Silence >= _options.Patience) return false;
        if (!StreamFault.IsClaimed(error))
        {
            _claimed = null;
            return true;
        }

        _claimed ??= _time.GetTimestamp();
        return _time.GetElapsedTime(_claimed.Value) < _options.Beat * BeatsOfAClaim;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Coordinator {Address}: the connection broke: {Problem}; connecting again")]
    private static partial void LogBroken(ILogger logger, CoordinatorAddress address, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Coordinator {Address}: not reached yet: {Problem}; trying again for up to {Patience}")]
    private static partial void LogMissed(ILogger logger, CoordinatorAddress address, string problem, TimeSpan patience);

    [LoggerMessage(Level = LogLevel.Information, Message = "Coordinator {Address}: joined")]
    private static partial void LogJoined(ILogger logger, CoordinatorAddress address);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Coordinator {Address}: attempt {Attempt}: {Problem}")]
    private static partial void LogRetry(ILogger logger, CoordinatorAddress address, int attempt, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Coordinator {Address}: more than {Kept} events wait for it; the oldest are dropped from now on")]
    private static partial void LogOverflow(ILogger logger, CoordinatorAddress address, int kept);
}
